"""No byte that leaves names a victim, and a check that refuses everything is useless too."""

import pytest

from api.models import Choices, Preview, Share
from api.sharing import choosing
from api.sharing.naming import Names, folded, names_of
from csirt.accounts.principals import Victim
from csirt.directory.models import Commune, Contact, Department, Organisation
from csirt.journal import drain
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid
from incidents.domain.observables import OwnValues
from incidents.models import Incident, Observable, Report
from incidents.services import casework, merging
from incidents.services.following import write_as_victim
from tests.people import file_case
from tests.sharing.desk import VALUES, collection, judge, of, preview, qualified, release

pytestmark = pytest.mark.django_db

TEXT = (
    "Bonjour, je suis Denise Vidal de la mairie de Montségur-sur-Lauzon. Rappelez le 05 61 00 00 00"
    " ou denise@mairie-montsegur.example. Un message de support@connexion-webmel.example m'a menée"
    " sur http://connexion-webmel.example/owa?u=denise@mairie-montsegur.example et j'ai tapé mon"
    " mot de passe."
)

LONG = "https://login.pirate.example/a/b/c/d/e?f=1"


@pytest.fixture
def montsegur(alice, db):
    """A case of which everything that can be known of the victim is known."""
    department, _ = Department.objects.get_or_create(code="09", defaults={"name": "Ariège"})
    place, _ = Commune.objects.get_or_create(
        insee="09211", defaults={"name": "Montségur", "department": department}
    )
    organisation = Organisation.objects.create(
        name="Mairie de Montségur",
        kind="commune",
        siren="210902110",
        siret="21090211000015",
        commune=place,
        own_domains=["montsegur-ariege.example"],
        own_addresses=["203.0.113.0/28"],
    )
    Contact.objects.create(
        organisation=organisation,
        name="Jeanne Maury",
        phone="06 12 34 56 78",
        email="jm@ailleurs.example",
    )
    case = qualified(
        alice,
        text=TEXT,
        organisation_name="Mairie de Montségur-sur-Lauzon",
        contact_email="denise@mairie-montsegur.example",
        own_domains=("mairie-montsegur.example",),
        commune="09211",
    )
    casework.edit(
        incident=case.uuid,
        version=case.version,
        by=of(alice),
        organisation=organisation.uuid,
        title="Hameçonnage à Montségur (Denise Vidal)",
        now=now(),
    )
    return Incident.objects.get(pk=case.pk)


OWN = (
    ("domain", "mairie-montsegur.example"),
    ("domain", "intranet.montsegur-ariege.example"),
    ("email", "denise@mairie-montsegur.example"),
    ("email", "jm@ailleurs.example"),
    ("ipv4", "203.0.113.7"),
    ("url", "http://pirate.example/owa?u=denise%40mairie-montsegur.example"),
    ("url", "http://pirate.example/Jeanne-Maury/facture"),
    ("domain", "mairie-de-montsegur.pirate.example"),
    ("email_subject", "Facture Montségur 2026"),
    ("filename", "denise_vidal.docx"),
    ("filename", "210902110.pdf"),
)


def insist(case, by):
    """Judge every value of the victim an indicator, as a careless analyst might."""
    for kind, value in OWN:
        row, _ = Observable.objects.get_or_create(
            incident=case,
            type=kind,
            value=value,
            defaults={"value_digest": f"{kind}|{value}"[:64].ljust(64), "seen_at": now()},
        )
        judge(case, by, row.type, row.value)


def test_the_victims_own_values_are_held_back(alice, bruno, montsegur):
    insist(montsegur, alice)

    row = preview(montsegur, alice, collection(bruno))

    held = {(item["type"], item["value"]) for item in row.held_back if item["reason"] == "victim"}
    assert set(OWN) <= held
    assert row.status == Preview.Status.READY


def test_the_attackers_values_leave(alice, bruno, montsegur):
    row = preview(montsegur, alice, collection(bruno))

    for _kind, value in VALUES:
        assert value in row.bytes


def test_no_outgoing_byte_names_any_victim(alice, bruno, montsegur):
    green = collection(bruno)
    for n in range(3):
        release(
            qualified(alice, contact_name=f"Personne Numéro{n}", text=f"Victime {n} de Pamiers"),
            alice,
            green,
        )
    insist(montsegur, alice)
    drain()
    release(montsegur, alice, green)

    everything = folded("\n".join(Share.objects.values_list("bytes", flat=True)))

    assert everything.count("incident") > 4
    found = [text for text in victim_strings() if folded(text) in everything]
    assert found == []


def victim_strings():
    """Every string of the database that belongs to somebody, but for the released values."""
    for report in Report.objects.all():
        yield from (report.contact_name, report.contact_email, report.contact_phone)
        yield from report.own_domains
        words = [word for word in report.text.split() if "webmel" not in word]
        yield from (" ".join(words[n : n + 6]) for n in range(len(words) - 5))
    for case in Incident.objects.all():
        yield from (text for text in (case.title, case.organisation_name) if text)
    for organisation in Organisation.objects.all():
        yield from (organisation.name, organisation.siren, organisation.siret)
        yield from organisation.own_domains
        for contact in organisation.contacts.all():
            yield from (contact.name, contact.phone, contact.email)
    yield from Incident.objects.exclude(commune=None).values_list("commune__name", flat=True)


def test_words_to_partners_do_not_repeat_the_victims_own(alice, bruno, montsegur):
    said = "Vu ailleurs : ET J'AI TAPÉ mon mot..."

    with pytest.raises(Invalid) as refused:
        choose(montsegur, alice, said)
    assert "répètent ceux de la victime" in refused.value.fields["note"]
    fine = "Vague de faux courriels de webmail, vue chez trois organismes cette semaine."
    choose(montsegur, alice, fine)
    assert preview(montsegur, alice, collection(bruno)).status == Preview.Status.READY
    write_as_victim(
        victim=Victim(incident_id=montsegur.pk), token=codes.new_token(), text=fine, now=now()
    )
    row = preview(Incident.objects.get(pk=montsegur.pk), alice, collection(bruno, "autre"))
    assert (row.status, row.bytes) == (Preview.Status.FAILED, "")
    assert "répètent ceux de la victime" in row.error


def choose(case, by, note):
    choosing.choose(
        incident=case.uuid, version=0, by=of(by), now=now(), techniques=[], note=note, values={}
    )


def test_nor_those_of_a_victim_whose_case_was_merged(alice, montsegur):
    other, said = file_case().incident, "Tout a commencé avec un colis jamais reçu."
    write_as_victim(
        victim=Victim(incident_id=other.pk), token=codes.new_token(), text=said, now=now()
    )
    merging.merge(
        incident=other.uuid, version=Incident.objects.get(pk=other.pk).version, by=of(alice),
        into=montsegur.uuid, now=now(),
    )  # fmt: skip

    with pytest.raises(Invalid) as refused:
        choose(montsegur, alice, f"Vu : {said}")
    assert "répètent ceux de la victime" in refused.value.fields["note"]


def test_they_may_say_where_the_attacker_is(alice):
    case = qualified(alice, text=f"J'ai cliqué ici : {LONG} et voilà.", values=[("url", LONG)])

    choose(case, alice, "Bloquez hxxps://login[.]pirate[.]example/a/b/c/d/e?f=1 dès que possible.")
    assert Choices.objects.get().note.startswith("Bloquez")
    with pytest.raises(Invalid):
        choosing.choose(
            incident=case.uuid, version=1, by=of(alice), now=now(), techniques=[], values={},
            note=f"Écrit : j'ai cliqué ici {LONG} et voilà",
        )  # fmt: skip


@pytest.mark.parametrize("place", ["Ur", "Py", "Fos"])
def test_a_short_name_of_a_place_does_not_stop_everything(alice, bruno, place):
    department, _ = Department.objects.get_or_create(code="66", defaults={"name": "P.-O."})
    Commune.objects.get_or_create(insee="66218", defaults={"name": place, "department": department})
    case = qualified(
        alice,
        organisation_name=f"Mairie de {place}",
        commune="66218",
        values=(("url", f"http://pirate.example/{place.lower()}/"), *VALUES),
    )

    row = preview(case, alice, collection(bruno))

    assert row.status == Preview.Status.READY, row.error
    assert not [item for item in row.held_back if item["reason"] == "victim"]


@pytest.mark.parametrize("name", ["Commune", "mairie", "L'entreprise", "Identity", "Occitanie"])
def test_a_name_that_says_nothing_does_not_stop_everything(alice, bruno, name):
    case = qualified(alice, organisation_name=name, contact_name="")

    row = preview(case, alice, collection(bruno))

    assert row.status == Preview.Status.READY, row.error
    assert row.objects_count > 20


def test_a_name_is_whole_words_whatever_their_case_and_accents():
    names = Names(words=(folded("Éléonore d'Aquitaine"),), numbers=(), own=OwnValues())

    assert names.in_text("eleonore-d-aquitaine.example")
    assert names.in_text("http://x.example/%C3%89l%C3%A9onore_d'AQUITAINE")
    assert not names.in_text("leonore-d-aquitaine.example")


def test_a_telephone_is_found_however_it_is_written(montsegur):
    names = names_of(montsegur)

    for text in ("05 61 00 00 00", "+33561000000", "0033.5.61.00.00.00", "(05)61000000"):
        assert names.in_text(f"appelez {text} vite"), text
    assert not names.in_text("appelez le 05 61 00 00 01")
