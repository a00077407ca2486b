"""F16: a case is erased whole: nothing of its people is left anywhere, and the chain verifies."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from csirt.accounts.models import Session
from csirt.accounts.principals import Anonymous, Person, Victim
from csirt.accounts.roles import Role
from csirt.directory.models import Commune, Department, Organisation
from csirt.journal import drain
from csirt.journal.models import Event
from csirt.journal.verify import verify
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotFound
from incidents.domain import letters
from incidents.domain.lifecycle import TERMINAL, State
from incidents.domain.words import stem
from incidents.evidence.sealing import Sealed
from incidents.models import (
    AddressTrust,
    ErasureRequest,
    Evidence,
    Incident,
    LaterAnswer,
    Message,
    Notice,
    Report,
)
from incidents.notifications.incoming import keeping
from incidents.services import (
    casework,
    consenting,
    custody,
    dating,
    drafts,
    erasing,
    evidence,
    following,
    mailbox,
    notices,
    reviewing,
    tagging,
    transitions,
)
from incidents.services.filing import file_report
from incidents.services.sharing_access import make_code
from playbooks.services import learning
from tests.evidence.conftest import empty_store, send, stored, visit
from tests.notifications.conftest import letter
from tests.people import called, client_of, file_case, hidden, person, submission
from tests.sharing.desk import collection, judge, preview, release

pytestmark = pytest.mark.django_db
assert empty_store  # a fixture that every test here uses by itself

MARK = "zqmarque"  # in all that these people control, and in what the desk wrote of them
TRAP = "zqpiege"  # in what was found in their words, and shared
STEMS = stem(MARK), stem(TRAP)  # as the search keeps them
ADDRESS = f"{MARK}@{MARK}-mairie.fr"
DAY = timedelta(days=1)


def fresh(case):
    return Incident.objects.get(pk=case.pk)


def took(mail, uid):
    """Take a mail in as if the mailbox had it at *uid*."""
    raw = mail.as_bytes()
    place = mailbox.Place("desk@serveur/INBOX", 1, uid)
    return mailbox.take_in(letter=letters.read(raw), place=place, size=len(raw), raw=raw, now=now())


def move(case, by, edge, **given):
    return transitions.SERVICES[edge](
        incident=case.uuid, version=fresh(case).version, by=by, now=now(), **given
    )


def ended(case, user):
    """Have *user* file the case away; return it."""
    return move(case, Person.of(user), "reject", reason="Une question.")


def accepted(victim, user, *, at=None, words="Nous effaçons tout."):
    """End the case, have its victim ask, and accept; return the case."""
    case = fresh(victim.incident)
    if case.state not in TERMINAL:
        ended(case, user)
    consenting.ask_erasure(victim=Victim(case.pk), now=at or now())
    consenting.answer_erasure(
        incident=case.uuid, version=fresh(case).version, by=Person.of(user), accepted=True,
        answer=words, now=at or now(),
    )  # fmt: skip
    return fresh(case)


def erased(victim, user):
    """Accept the victim's request a week ago and let the worker pass; return the case."""
    case = accepted(victim, user, at=now() - 7 * DAY)
    assert erasing.erase_due(now=now()) == 1
    return fresh(case)


def tables_with(*marks):
    """Return the tables in which one of *marks* stands, in any column, whatever its type.

    "indexed": what SQLite searches in, whose own tables leave out what neighbouring words share.
    """
    found = []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "create virtual table if not exists temp.indexed"
                " using fts5vocab(main, incidents_search, row)"
            )
            cursor.execute("select term from temp.indexed")
            found = ["indexed" for (term,) in cursor if any(mark in term for mark in marks)]
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                said = b" ".join(
                    bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row
                ).lower()
                if any(mark.encode() in said for mark in marks):
                    found.append(table)
    return sorted(set(found))


def in_cache(*marks):
    """Return whether the cache holds one of *marks*; the embedded one is a table."""
    backend = getattr(cache, "_cache", None)
    if connection.vendor == "sqlite" or not hasattr(backend, "get_client"):
        return False
    client = backend.get_client()
    held = [
        key + (client.get(key) or b"") for key in client.keys("*") if client.type(key) == b"string"
    ]
    return any(mark.encode() in one.lower() for mark in marks for one in held)


@pytest.fixture
def full(places_of_erasure, alice, bruno, settings):
    """A case with a mark in each field that somebody can fill; return (victim, its client)."""
    settings.EMAIL_HOST, settings.EMAIL_FROM = "127.0.0.1", "desk@exemple.fr"
    token = codes.new_token()
    given = submission(
        text=f"Bonjour, {MARK} a reçu http://{TRAP}.example/owa ce matin.",
        contact_name=f"Denise {MARK}",
        contact_phone="05 61 00 99 77",
        contact_email=ADDRESS,
        organisation_name=f"Mairie de {MARK}",
        own_domains=(f"{MARK}-mairie.fr",),
        answers={"organisme": MARK, "detail": [MARK]},
        commune="09999",
    )
    filed = file_report(token=token, submission=given, now=now(), by=Anonymous())
    case, by = filed.incident, Person.of(alice)
    drafts.keep(
        secret="d" * 43, answers={"recit": MARK}, language="fr", now=now(), token=token
    )  # sent from a telephone, still held by the computer
    drain()
    client = visit(filed)
    assert send(client, f"{MARK} en clair".encode(), f"{MARK}.png").status_code in {200, 302}
    client.post("/suivi/message/", {"envoi": codes.new_token(), "message": f"Ici {MARK}."})
    client.post("/suivi/acces/", {"envoi": codes.new_token(), "nom": f"Le maire {MARK}"})
    client.post("/suivi/accord/", {"sur": "sharing", "accord": "oui"})
    LaterAnswer.objects.create(
        incident=case, question="detail", answer=MARK, name=MARK, given_at=now()
    )
    following.write_to_victim(
        incident=case.uuid, by=by, token=codes.new_token(), text=f"Bonjour {MARK}.", now=now()
    )
    casework.add_note(incident=case.uuid, by=by, text=f"{MARK} est inquiète.", now=now())
    dating.date_event(
        incident=case.uuid, by=by, day="2026-11-12", hour="03:00", zone="UTC", approximate=True,
        text=f"Chez {MARK}.", now=now(),
    )  # fmt: skip
    tagging.tag(incident=case.uuid, by=by, name=MARK, now=now())
    casework.edit(incident=case.uuid, version=fresh(case).version, by=by, title=MARK, now=now())
    following.reissue_code(
        incident=case.uuid, version=fresh(case).version, by=by, called=called(name=MARK), now=now()
    )
    mails(case)
    drain()
    share(case, alice, bruno)
    move(case, by, "resolve", reason=f"{MARK} va bien.")
    move(case, by, "close", closing_words=f"Merci {MARK}.")
    Evidence.objects.update(found=f"{MARK}")
    learnt = reviewing.Told(cause_words=MARK, worked=f"{MARK} a prévenu.", failed=f"Pas {MARK}.")
    reviewing.write(incident=case.uuid, version=0, by=by, told=learnt, now=now())
    reviewing.add_action(
        incident=case.uuid, by=by, text=f"Former {MARK}", owner=MARK, due_on=now().date(), now=now()
    )
    learning.propose(
        incident=case.uuid, by=by, playbook="rancongiciel", step="", text=MARK, now=now()
    )
    return filed


@pytest.fixture
def places_of_erasure(db):
    department = Department.objects.create(code="09", name="Ariège")
    Commune.objects.create(insee="09999", name="Exemple", department=department, population=80)


def mails(case):
    """Bring a mail to the case, the same one again, and two that were set aside."""
    subject, sender = f"Re: {case.reference} {MARK}", f"Denise {MARK} <{ADDRESS}>"
    first = letter(f"Encore {MARK}", Subject=subject, From=sender, Message_ID=f"<1@{MARK}.fr>")
    assert took(first, 1).outcome == "message"
    assert took(first, 2).outcome == "again"
    away = letter(MARK, From=sender, Auto_Submitted="auto-replied", Message_ID=f"<2@{MARK}.fr>")
    assert took(away, 3).outcome == "aside"
    assert keeping.keep_mails(now()) == 1
    late = letter(f"Tard {MARK}", Subject=subject, From=sender, Message_ID=f"<3@{MARK}.fr>")
    assert took(late, 4).raw
    notices.judge_contact(
        incident=case.uuid, by=Person.of(person("Carla", Role.ANALYST, enrolled=False)),
        report=Report.objects.get().uuid, trust="compromised", now=now(),
    )  # fmt: skip


def share(case, alice, bruno):
    """Release what was found in their words, and prepare a text that nobody approves."""
    by = Person.of(alice)
    move(case, by, "take")
    move(
        case, by, "qualify", kind="incident", category=case.category, priority="P4", tlp="green",
        reason=f"{MARK} est à l'arrêt.",
    )  # fmt: skip
    green = collection(bruno)
    judge(case, alice, "domain", f"{TRAP}.example")
    release(fresh(case), alice, green)
    preview(fresh(case), alice, green)


def test_before_its_time_everything_may_be_kept_and_after_it_nothing_is_left(full, alice, client):
    expected = {
        "api_preview", "api_share", "incidents_accesscode",
        "incidents_callback", "incidents_draft", "incidents_evidence", "incidents_incident",
        "incidents_incomingmail", "incidents_lateranswer", "incidents_message", "incidents_note", "incidents_notice",
        "incidents_observable", "incidents_report", "incidents_searchtext", "incidents_datedevent",
        "incidents_tag",
    }  # fmt: skip
    if connection.vendor == "sqlite":
        expected.add("indexed")
    assert expected <= set(tables_with(MARK, TRAP, *STEMS))
    assert len(stored()) == 2
    case = accepted(full, alice, words=f"D'accord, {MARK}.")
    again = following.reissue_code(
        incident=case.uuid, version=fresh(case).version, by=Person.of(alice),
        called=called(name=MARK), now=now(),
    )  # fmt: skip
    client.post("/suivi/", {"code": again})
    offer = hidden(client.get("/suivi/nouveau-code/"), "offre")
    client.post("/suivi/nouveau-code/", {"offre": offer, "note": "oui"})
    assert MARK in client.get("/suivi/telecharger/").content.decode()
    held = Session.objects.filter(user=None).count()
    assert erasing.erase_due(now=now() + 7 * DAY - timedelta(minutes=1)) == 0
    assert tables_with(MARK)

    assert erasing.erase_due(now=now() + 7 * DAY) == 1

    drain()
    keeping.keep_mails(now())
    custody.sweep_orphans(now=now() + DAY)
    assert tables_with(MARK, TRAP, *STEMS) == []
    assert not in_cache(MARK, TRAP)
    assert stored() == []
    assert Session.objects.filter(user=None).count() < held
    assert verify().bad is None
    assert Event.objects.get(kind="incident.erased").data["files"] == 2
    assert erasing.erase_due(now=now() + 8 * DAY) == 0


def test_what_is_counted_stays_and_nothing_of_a_person(places_of_erasure, alice):
    victim = file_case(commune="09999")
    ended(victim.incident, alice)
    before = Incident.objects.values().get()
    kept = {
        "uuid", "reference", "state", "kind", "victim_kind", "category", "priority", "tlp", "pap",
        "reference_version_id", "assignee_id", "restricted", "opened_at", "resolved_at", "closed_at",
    }  # fmt: skip

    case = erased(victim, alice)

    after = Incident.objects.values().get()
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    left = {name for name, value in after.items() if value and name not in kept}
    assert left == {"id", "version", "changed_at", "erased_at", "department_only", "attention"}
    assert case.department_only == "09"
    assert Report.objects.filter(incident=case).count() == 1
    html = client_of(alice).get("/console/?vue=termines&dep=09").content.decode()
    assert case.reference in html


def test_a_row_that_hangs_on_a_case_is_decided_about(db):
    """A new table beside the case says here what erasing does to it."""
    emptied = {
        "report", "report (first)", "incomingmail", "erasurerequest", "preview", "incident", "lesson",
    }  # fmt: skip
    # Identifiers and hashes; and the words of an exercise's scenario, which are nobody's.
    untouched = {"release", "sharedobject", "incidentaccess", "delivery"}
    deleted = {
        "accesscode", "callback", "choices", "clock", "consent", "datedevent", "evidence", "followup",
        "lateranswer", "legaltext", "message", "news", "note", "notice", "observable", "pack",
        "push", "relation", "review", "reviewaction", "run", "searchtext", "step", "tag", "tagging",
        "textdraft", "watch",
    }  # fmt: skip

    hanging = {
        relation.related_model._meta.model_name
        + (" (first)" if "first" in relation.field.name else "")
        for relation in Incident._meta.get_fields(include_hidden=True)
        if relation.auto_created and relation.is_relation
    }

    assert hanging == emptied | untouched | deleted


def test_the_code_of_an_erased_case_is_one_that_never_was(denise, alice, client):
    open_visit = visit(denise)
    erased(denise, alice)

    def answer(code):
        page = client.post("/suivi/", {"code": code})
        return page.status_code, b"Aucun dossier ne correspond" in page.content

    assert answer(denise.code) == answer(codes.random_code()) == (200, True)
    assert "Quel est votre code de suivi" in open_visit.get("/suivi/").content.decode()


def test_the_form_sent_once_more_revives_nothing(db, alice):
    token = codes.new_token()
    filed = file_report(token=token, submission=submission(), now=now(), by=Anonymous())
    erased(filed, alice)

    with pytest.raises(Conflict):
        file_report(token=token, submission=submission(), now=now(), by=Anonymous())
    assert Report.objects.get().text == ""


def test_a_file_that_arrives_too_late_is_not_taken(denise, alice):
    erased(denise, alice)

    with pytest.raises(NotFound):
        evidence.receive(
            victim=Victim(denise.incident.pk), token=codes.new_token(), name="a.png",
            sealed=Sealed("pieces/inconnu", 3, "0" * 64), now=now(),
        )  # fmt: skip
    assert not Evidence.objects.exists()


def test_a_code_asked_for_too_late_is_not_made(denise, alice):
    erased(denise, alice)

    with pytest.raises(NotFound):
        make_code(victim=Victim(denise.incident.pk), token=codes.new_token(), name=MARK, now=now())
    assert tables_with(MARK) == []


def test_a_lead_need_not_wait_and_nobody_else_can_hurry(denise, alice, bruno, eve, ada):
    case = fresh(denise.incident)
    address = f"/console/dossiers/{case.uuid}/faire/effacer"
    assert client_of(bruno).post(address, {"version": case.version}).status_code == 409
    case = accepted(denise, alice)

    for user, status in ((alice, 403), (eve, 404), (ada, 404)):
        answer = client_of(user).post(address, {"version": case.version})
        assert answer.status_code == status
    assert fresh(case).erased_at is None
    assert client_of(bruno).post(address, {"version": case.version - 1}).status_code == 409
    assert client_of(bruno).post(address, {"version": case.version}).status_code == 302

    assert fresh(case).erased_at
    assert Event.objects.get(kind="incident.erased").actor == Person.of(bruno).actor


def test_an_erased_case_says_so_and_takes_nothing_more(denise, alice, eve):
    case, client = erased(denise, alice), client_of(alice)
    address = f"/console/dossiers/{case.uuid}/"

    html = client.get(address).content.decode()
    assert "Dossier effacé" in html
    assert "Le système a effacé ce que la victime avait confié." in html
    assert "Étape suivante" not in html
    answers = [
        client.post(f"{address}faire/note", {"note-text": "Encore ?"}),
        client.post(f"{address}faire/message", {"token": codes.new_token(), "message-text": "?"}),
        client.post(f"{address}etape/reopen", {"version": case.version, "reopen-reason": "?"}),
    ]
    assert [answer.status_code for answer in answers] == [409] * 3
    assert not Message.objects.exists()
    assert client_of(eve).get(address).status_code == 404


def test_the_victim_reads_when_and_until_then_may_still_write(denise, alice):
    accepted(denise, alice, words="D'accord.")
    client = visit(denise)

    html = client.get("/suivi/effacement/").content.decode()
    assert "Tout est effacé le" in html
    assert "D&#x27;accord." in html or "D'accord." in html
    assert "Demander l" not in html
    written = {"envoi": codes.new_token(), "message": "Attendez, finalement."}
    assert client.post("/suivi/message/", written).status_code == 302


def test_what_was_accepted_can_be_taken_back_in_words_before_its_day(denise, alice):
    case, by = accepted(denise, alice), Person.of(alice)
    with pytest.raises(Conflict):  # the victim was told that it goes
        move(case, by, "reopen", reason="Du nouveau.")

    client_of(alice).post(
        f"/console/dossiers/{case.uuid}/faire/effacement",
        {
            "version": fresh(case).version,
            "effacement-accepted": "non",
            "effacement-answer": "Enquête.",
        },
    )

    assert "Enquête." in visit(denise).get("/suivi/effacement/").content.decode()
    assert erasing.erase_due(now=now() + 8 * DAY) == 0
    move(case, by, "reopen", reason="Du nouveau.")


def test_a_case_that_is_worked_on_is_ended_before_its_erasure_is_accepted(denise, alice):
    consenting.ask_erasure(victim=Victim(denise.incident.pk), now=now())
    case = fresh(denise.incident)

    with pytest.raises(Invalid):
        consenting.answer_erasure(
            incident=case.uuid, version=case.version, by=Person.of(alice), accepted=True,
            answer="Oui.", now=now(),
        )  # fmt: skip
    assert "terminez d&#x27;abord" in client_of(alice).get(
        f"/console/dossiers/{case.uuid}/"
    ).content.decode().replace("terminez d'abord", "terminez d&#x27;abord")


def test_of_two_joined_cases_only_the_one_that_asked_goes(alice):
    """Its report hangs under another's case, and another's report hangs under it."""
    other, mine, third = (file_case(text=f"Récit {n}") for n in range(3))
    by = Person.of(alice)
    move(third.incident, by, "merge", into=mine.incident.uuid)
    move(mine.incident, by, "merge", into=other.incident.uuid)

    html = client_of(alice).get(f"/console/dossiers/{other.incident.uuid}/").content.decode()
    assert "Récit 1" in html
    erased(mine, alice)

    texts = dict(Report.objects.values_list("first_incident__reference", "text"))
    assert texts == {other.reference: "Récit 0", mine.reference: "", third.reference: "Récit 2"}
    assert fresh(third.incident).state == State.NEW
    assert Report.objects.get(pk=third.report.pk).incident == third.incident
    html = client_of(alice).get(f"/console/dossiers/{other.incident.uuid}/").content.decode()
    assert "Récit 1" not in html
    assert verify().bad is None


def test_news_for_another_case_of_the_same_person_still_goes(alice, settings):
    settings.EMAIL_HOST = "127.0.0.1"
    mine, other = file_case(), file_case()
    for victim in (mine, other):
        following.write_to_victim(
            incident=victim.incident.uuid, by=Person.of(alice), token=codes.new_token(),
            text="Du nouveau.", now=now(),
        )  # fmt: skip
    drain()
    AddressTrust.objects.create(digest="0" * 64, trust="dead", why="bounced", since=now())
    assert notices.claim(channels=["mail"], at=now() + notices.UNDO).incident == mine.incident
    assert Notice.objects.get(incident=other.incident).carrier

    erased(mine, alice)

    assert Notice.objects.get(incident=other.incident).carrier is None
    assert notices.claim(channels=["mail"], at=now() + notices.UNDO).incident == other.incident


def test_an_organisation_linked_from_the_directory_is_let_go(denise, alice):
    town = Organisation.objects.create(name="Mairie d'Exemple", kind="commune")
    case = fresh(denise.incident)
    casework.edit(
        incident=case.uuid, version=case.version, by=Person.of(alice), organisation=town.uuid,
        now=now(),
    )  # fmt: skip

    assert erased(denise, alice).organisation is None
    assert Organisation.objects.filter(pk=town.pk).exists()


def test_asking_twice_is_asking_once_and_a_refusal_may_be_asked_again(denise, alice):
    case = accepted(denise, alice)
    client = visit(denise)

    client.post("/suivi/effacement/")
    assert ErasureRequest.objects.count() == 1
    consenting.answer_erasure(
        incident=case.uuid, version=fresh(case).version, by=Person.of(alice), accepted=False,
        answer="Une enquête.", now=now(),
    )  # fmt: skip
    client.post("/suivi/effacement/")
    assert ErasureRequest.objects.count() == 2
