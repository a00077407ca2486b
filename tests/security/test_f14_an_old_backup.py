"""F14: a backup older than an erasure or a revocation: both are done again before the desk starts.

F16 of backups: one made after an erasure holds nothing of the person.
"""

import gzip
import json
from base64 import b64encode
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from api.models import Share
from api.sharing import partners
from csirt.accounts import devices, factors, services
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory.models import Organisation
from csirt.directory.services import contacts
from csirt.environment import signing_key
from csirt.journal import change, ledger
from csirt.journal.checkpoints import Forged, private_key
from csirt.kernel import chain, codes
from csirt.kernel.clock import now
from csirt.kernel.tlp import Tlp
from incidents.models import Evidence, Trust
from incidents.models.mail import address_digest
from incidents.services import casework, following, notices, retention, sharing_access
from playbooks.models import KitReminder
from playbooks.services import kits
from tests.elsewhere import backup, contents, elsewhere, identity, kept
from tests.evidence.conftest import empty_store, send, stored, visit
from tests.people import called, file_case, person
from tests.security.test_f16_erasure import erased, fresh
from tests.sharing.desk import collection, of, partner, qualified, release

pytestmark = pytest.mark.django_db(transaction=True)
assert empty_store
assert elsewhere
assert kept

MARK = "zqmarque"
CONTACT = contacts.ContactFields(name="Anne", email="autre@exemple.fr")


def marked(**fields):
    return file_case(
        text=f"Bonjour, {MARK}.",
        contact_name=f"Denise {MARK}",
        contact_email=f"{MARK}@exemple.fr",
        organisation_name=f"Mairie de {MARK}",
        **fields,
    )


def written(settings):
    """Have the worker copy what is due into the ledger; return its path."""
    ledger.write_due(now())
    return settings.LEDGER_FILE


def restored(there, path, *words):
    return there.done("restore", path, "--identity", identity(), *words)


def test_what_was_erased_stays_erased(kept, elsewhere, settings, alice):
    victim = marked()
    assert send(visit(victim), f"{MARK} en clair".encode()).status_code in {200, 302}
    piece = stored()[0].name
    old = backup(kept)  # the case is new then, and ends later
    erased(victim, alice)
    there = elsewhere()

    said = restored(there, old, "--ledger", written(settings))

    assert "1 done again" in said
    assert not (there.folder / "evidence" / "pieces" / piece).exists()
    left = "[m for m in apps.get_models() for row in m._base_manager.values() if '%s' in str(row)]"
    tables, state, done, events = there.ask(
        left % MARK,
        "Incident.objects.get().state",
        "Incident.objects.get().erased_at is not None",
        "Event.objects.filter(kind='incident.erased').count()",
    )
    assert tables == "[]"
    assert (state, done, events) == (fresh(victim.incident).state, "True", "1")
    assert there.done("journal", "verify")

    after = backup(kept)  # and what is known already is not done twice
    held = contents(after)
    rows = [gzip.decompress(d) for name, d in held.items() if name.startswith("tables/")]
    assert not any(MARK.encode() in row for row in rows)
    assert not any(name.startswith("files/") for name in held)
    assert "0 done again" in restored(elsewhere(), after, "--ledger", written(settings))


def test_what_was_revoked_stays_revoked(  # noqa: PLR0917 - fixtures
    kept, elsewhere, settings, alice, bruno, ada
):
    by = Person.of(alice)
    green = collection(bruno)
    shared = qualified(alice)
    release(shared, alice, green)
    neighbour, other = partner(bruno, reads=[green]), partner(bruno, "autre", reads=[green])
    token, _ = partners.issue_token(
        partner=neighbour.uuid, by=of(bruno), now=now(), scopes=["taxii:read"], label="x"
    )
    partners.issue_token(
        partner=other.uuid, by=of(bruno), now=now(), scopes=["taxii:read"], label="y"
    )
    gone, weaker, robbed = (person(name, Role.ANALYST) for name in ("Fabien", "Gilles", "Hanae"))
    zoe = person("Zoé", Role.ADMIN)
    victims = [file_case() for _ in range(4)]
    services.link_provider(user=robbed, provider="openid", uid="1", now=now())
    careful = person("Iris", Role.ANALYST)
    for user in (robbed, careful):
        devices.remember(user=user, name="x", agent="", now=now())
    old = backup(kept)

    partners.revoke_token(token=token.uuid, by=of(bruno), now=now())
    partners.disable_partner(partner=other.uuid, version=other.version, by=of(bruno), now=now())
    services.disable(user=gone.uuid, version=gone.version, by=ada, now=now())
    services.change_role(user=weaker.uuid, version=1, role=Role.READER, by=ada, now=now())
    services.change_password(user=careful, password="une-autre-phrase", keep="", now=now())
    services.change_password(user=robbed, password="une-autre-phrase", keep="", now=now())
    factors.ask_reset(user=robbed.uuid, version=2, by=zoe, now=now())
    factors.reset(user=robbed.uuid, by=ada, now=now())
    case = fresh(shared)
    casework.set_tlp(incident=case.uuid, version=case.version, by=by, tlp=Tlp.RED, now=now())
    reissued, ended, restricted, _untouched = (fresh(one.incident) for one in victims)
    following.reissue_code(
        incident=reissued.uuid, version=reissued.version, by=by, called=called(), now=now()
    )
    sharing_access.end_all_codes(incident=ended.uuid, version=ended.version, by=by, now=now())
    casework.restrict(
        incident=restricted.uuid, version=restricted.version, by=by, people=[], now=now()
    )
    there = elsewhere()
    path = written(settings)

    restored(there, old, "--ledger", path)

    assert Share.objects.count() == 0  # as it is here, it is there
    live = "sorted(AccessCode.objects.filter(revoked_at=None).values_list('incident', flat=True))"
    assert there.ask(
        "Share.objects.count()",
        "PartnerToken.objects.filter(revoked_at=None).count()",
        "[p.identifier for p in Partner.objects.filter(active=True)]",
        "User.objects.get(name='Fabien').is_active",
        "User.objects.get(name='Gilles').role",
        "User.objects.get(name='Hanae').has_usable_password()",
        "Authenticator.objects.filter(user__name='Hanae').count()",
        "SocialAccount.objects.filter(user__name='Hanae').count()",
        "apps.get_model('accounts.Device').objects.count()",
        f"Incident.objects.get(uuid='{case.uuid}').tlp",
        live,
        f"Incident.objects.get(uuid='{restricted.uuid}').restricted",
        f"[a.user.name for a in IncidentAccess.objects.filter(incident={restricted.pk})]",
    ) == [
        "0",
        "0",
        "['csirt-voisin']",
        "False",
        "reader",
        "False",
        "0",
        "0",
        "0",
        Tlp.RED.value,
        str(sorted([victims[2].incident.pk, victims[3].incident.pk, shared.pk])),
        "True",
        "['Alice']",
    ]
    seqs = [json.loads(line)["seq"] for line in path.read_text().splitlines()]
    assert seqs == sorted(set(seqs))


def test_addresses_links_files_and_kits_stay_as_they_were_left(
    kept, elsewhere, settings, alice, ada
):
    victim, other = file_case(contact_email="hacked@exemple.fr"), file_case(contact_email="")
    assert send(visit(victim)).status_code in {200, 302}
    body = Organisation.objects.create(name="Mairie")
    contact = contacts.add_contact(
        by=Person.of(alice), organisation=body.uuid, fields=CONTACT, now=now()
    )
    robbed = person("Hanae", Role.ANALYST)
    joins = services.invite(email="n@exemple.fr", role=Role.ADMIN, by=ada, now=now(), name="Nina")
    resets = services.offer_new_password(user=robbed.uuid, by=ada, now=now())
    deleted, withdrawn, mailed, goes_on = (
        kits.open_kit(token=codes.new_token(), now=now()).kit for _ in range(4)
    )
    for kit in (deleted, withdrawn, mailed, goes_on):
        kits.remind(kit=kit, address="kit@exemple.fr", agreed=True, language="fr", now=now())
    old = backup(kept)

    for one in (victim, other):
        notices.judge_address(
            case=one.incident, channel="mail", address="hacked@exemple.fr",
            trust=Trust.COMPROMISED if one is victim else Trust.GOOD, why="analyst", by=alice,
            now=now(),
        )  # fmt: skip
    contacts.edit_contact(
        by=Person.of(alice), organisation=body.uuid, contact=contact.uuid, version=1, now=now(),
        fields=replace(CONTACT, email_trust="compromised"),
    )  # fmt: skip
    files = Evidence.objects.filter(incident=victim.incident)
    change(retention.forget_files)(victim.incident, files, rule="files", now=now())
    for link in (joins, resets):
        services.accept(
            digest=link.invitation.digest, name="", password="une-autre-phrase-longue", now=now()
        )
    KitReminder.objects.filter(kit=mailed).update(due_at=now())
    assert kits.remind_due(now=now()) == 1
    kits.remind_no_more(kit=withdrawn, now=now())
    kits.delete(kit=deleted, now=now())
    path = written(settings)
    assert "exemple.fr" not in path.read_text()
    there = elsewhere()

    restored(there, old, "--ledger", path)

    assert there.ask(
        "[(a.digest, a.trust) for a in AddressTrust.objects.all()]",
        "Contact.objects.get().email_trust",
        "Evidence.objects.count()",
        "Invitation.objects.filter(used_at=None, revoked_at=None).count()",
        "User.objects.filter(email='n@exemple.fr').count()",
        "Kit.objects.count()",
        "[str(r.kit.uuid) for r in KitReminder.objects.all()]",
    ) == [
        str([(address_digest("mail", "hacked@exemple.fr"), "compromised")]),
        "compromised",
        "0",
        "0",
        "0",
        "3",
        str([str(goes_on.uuid)]),
    ]
    assert list((there.folder / "evidence" / "pieces").iterdir()) == []


def test_a_ledger_that_somebody_wrote_into_is_refused(kept, elsewhere, settings, alice):
    victim, other = file_case(), file_case()
    old = backup(kept)
    erased(victim, alice)
    path = written(settings)
    forged = path.read_text().replace(str(victim.incident.uuid), str(other.incident.uuid))
    path.write_text(forged)
    there = elsewhere()

    said = there.refused("restore", old, "--identity", identity(), "--ledger", path)
    assert "Forged ledger.jsonl:" in said
    assert there.ask("Incident.objects.count()") == "0"


def test_the_ledger_goes_on_where_it_was_and_a_cut_line_is_written_again(settings, kept, alice):
    first, second = file_case(), file_case()
    erased(first, alice)
    assert ledger.write_due(now()) == 1
    assert ledger.write_due(now()) == 0
    erased(second, alice)
    with settings.LEDGER_FILE.open("a") as file:
        file.write('{"epoch": "')  # a crash
    assert ledger.write_due(now()) == 1

    entries = list(ledger.read(settings.LEDGER_FILE, private_key().public_key()))
    assert [entry.object for entry in entries] == [
        str(victim.incident.uuid) for victim in (first, second)
    ]


def test_a_line_taken_out_or_put_elsewhere_is_seen(settings, kept, alice):
    """Each line holds the hash of the one before."""
    key = private_key()
    for _ in range(5):
        erased(file_case(), alice)
    lines = written(settings).read_text().splitlines()
    begun = unchained(lines[:1], key)

    def read(*rest):
        settings.LEDGER_FILE.write_text("\n".join(rest) + "\n")
        return len(list(ledger.read(settings.LEDGER_FILE, key.public_key())))

    assert read(*lines) == 5
    for wrong in (lines[1:], lines[:2] + lines[3:], [lines[0], lines[2], lines[1], *lines[3:]],
                  [*lines, *begun]):  # fmt: skip
        with pytest.raises(Forged, match="the line before it is missing"):
            read(*wrong)
        with pytest.raises(CommandError, match=r"Forged ledger\.jsonl"):
            call_command("journal", "verify", "--ledger", str(settings.LEDGER_FILE))
    read(*lines)
    call_command("journal", "verify", "--ledger", str(settings.LEDGER_FILE))


def unchained(lines, key):
    """Return *lines* as a former release wrote them."""
    old = [json.loads(line) for line in lines]
    for one in old:
        del one["prev"], one["signature"]
        one["signature"] = b64encode(key.sign(chain.canonical(one))).decode()
    return [json.dumps(one) for one in old]


@pytest.mark.parametrize("former", ["another key", "no chain", "a chain in its middle"])
def test_a_file_that_cannot_go_on_is_put_aside_and_written_anew(settings, kept, alice, former):
    """One key signs all of a file, and the chain holds all of it: none of three lines goes unseen."""
    for _ in range(3):
        erased(file_case(), alice)
    lines = written(settings).read_text().splitlines()
    if former == "another key":
        settings.CHECKPOINT_KEY = signing_key()
    else:
        old = unchained(lines if former == "no chain" else lines[:1], private_key())
        tail = [] if former == "no chain" else lines[1:]
        settings.LEDGER_FILE.write_text("".join(f"{line}\n" for line in old + tail))
    before = settings.LEDGER_FILE.read_text()
    at = now()

    assert ledger.write_due(at) == 3
    assert ledger.write_due(at) == 0

    (aside,) = set(settings.LEDGER_FILE.parent.glob("ledger-*.jsonl"))
    assert aside.read_text() == before
    public = private_key().public_key()
    entries = list(ledger.read(settings.LEDGER_FILE, public))
    assert [entry.seq for entry in entries] == [json.loads(line)["seq"] for line in lines]
    anew = settings.LEDGER_FILE.read_text().splitlines()
    settings.LEDGER_FILE.write_text("\n".join([anew[0], anew[2]]) + "\n")
    with pytest.raises(Forged, match="the line before it is missing"):
        list(ledger.read(settings.LEDGER_FILE, public))


def test_no_ledger_without_the_key(settings, kept, alice):
    erased(file_case(), alice)
    settings.CHECKPOINT_KEY = ""

    assert ledger.write_due(now()) == 0
    assert not settings.LEDGER_FILE.exists()
    settings.CHECKPOINT_KEY = signing_key()
    assert ledger.write_due(now()) == 1
