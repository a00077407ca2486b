"""What the reporter decides: consents, codes for others, erasure; and what others may not."""

import re
from datetime import timedelta

import pytest

from csirt.accounts.principals import Machine, Person
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import NotAllowed, NotFound
from incidents import queries
from incidents.domain.consents import CONSENT_VERSION
from incidents.models import AccessCode, Consent, ErasureRequest, Incident, Message
from incidents.services import consenting, sharing_access
from incidents.services.following import victim_by_code
from tests.intake.test_followup import page_of, say, visit
from tests.intake.test_form_pages import text_of
from tests.people import agree, client_of, file_case

CODE = r"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}"


def case():
    return Incident.objects.get()


def make(client, name="Le maire", token=None):
    """Make a code from the page; return the answer."""
    return client.post("/suivi/acces/", {"nom": name, "envoi": token or codes.new_token()})


def code_in(response):
    return re.search(CODE, response.content.decode())[0]


def test_a_consent_is_given_and_withdrawn_each_with_the_version_of_its_text(denise):
    client = visit(denise)
    for answer in ("oui", "oui", "non"):
        client.post("/suivi/accord/", {"sur": "sharing", "accord": answer})

    events = Event.objects.filter(kind__startswith="consent.").order_by("seq")
    assert [(e.kind, e.data) for e in events] == [
        ("consent.given", {"about": "sharing", "text": CONSENT_VERSION}),
        ("consent.withdrawn", {"about": "sharing", "text": CONSENT_VERSION}),
    ]
    assert "Vous n'êtes pas d'accord." in page_of(client)


def test_the_analyst_sees_the_consents(denise, alice):
    visit(denise).post("/suivi/accord/", {"sur": "handover", "accord": "oui"})

    html = text_of(client_of(alice).get(f"/console/dossiers/{case().uuid}/"))

    assert "Transmettre le dossier à un autre service : <strong>oui</strong>" in html
    assert f"texte {CONSENT_VERSION}" in html


def test_a_consent_that_nobody_asked_for_is_refused(denise):
    assert visit(denise).post("/suivi/accord/", {"sur": "tout", "accord": "oui"}).status_code == 400
    assert not Consent.objects.exists()


def test_an_operator_no_longer_sees_a_case_whose_victim_said_no(denise, emile):
    agree(emile.operators.get(), denise.incident)
    client, person = visit(denise), Person.of(emile)
    assert queries.visible_to(person).exists()

    client.post("/suivi/accord/", {"sur": "operator", "accord": "non"})
    assert not queries.visible_to(person).exists()

    client.post("/suivi/accord/", {"sur": "operator", "accord": "oui"})
    assert queries.visible_to(person).exists()


def test_a_private_person_is_not_asked_about_a_shared_it_service(db):
    html = page_of(visit(file_case(victim_kind="particulier")))

    assert "Mettre le service informatique commun" not in html
    assert "Partager des indices anonymes" in html


def test_a_code_for_the_mayor_is_shown_once_and_opens_the_case(denise):
    client = visit(denise)
    code = code_in(make(client))

    html = page_of(client)
    assert code not in html
    assert '<strong class="name">Le maire</strong>' in html
    mayor = visit(type(denise)(denise.reference, code, denise.incident, denise.report))
    assert denise.reference in page_of(mayor)
    assert "venu le" in page_of(client)


def test_the_retry_of_a_lost_answer_shows_the_same_code_for_ten_minutes(denise):
    client, token = visit(denise), codes.new_token()

    first, again = (code_in(make(client, token=token)) for _ in range(2))

    assert first == again
    assert AccessCode.objects.exclude(name="").count() == 1
    AccessCode.objects.exclude(name="").update(issued_at=now() - timedelta(minutes=11))
    assert first not in text_of(make(client, token=token))


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "\x00"])
def test_a_code_needs_a_name(denise, name):
    response = make(visit(denise), name)

    assert '<a href="#f-nom">' in text_of(response)
    assert AccessCode.objects.count() == 1


def test_a_name_has_one_code_and_ten_are_enough(denise):
    client = visit(denise)
    make(client, "Personne 0")
    assert "Choisissez un autre nom pour ce code." in text_of(make(client, "personne 0"))
    for number in range(1, 10):
        make(client, f"Personne {number}")

    assert "Vous avez déjà dix codes." in text_of(make(client, "Personne 11"))
    assert AccessCode.objects.exclude(name="").count() == 10


def test_a_stopped_code_ends_its_open_visits(denise):
    client = visit(denise)
    code = code_in(make(client))
    mayor = visit(type(denise)(denise.reference, code, denise.incident, denise.report))
    row = AccessCode.objects.exclude(name="").get()

    client.post("/suivi/acces/fin/", {"code": str(row.uuid)})

    assert denise.reference not in page_of(mayor)
    assert denise.reference in page_of(client)
    assert "arrêté le" in page_of(client)


def test_nobody_stops_the_code_of_another_case_nor_the_reporters_own(denise):
    other = file_case()
    make(visit(other))
    foreign = AccessCode.objects.exclude(name="").get()
    client = visit(denise)

    absent = client.post("/suivi/acces/fin/", {"code": "00000000-0000-4000-8000-000000000000"})
    for code in (str(foreign.uuid), "None", ""):
        assert client.post("/suivi/acces/fin/", {"code": code}).status_code == absent.status_code
    foreign.refresh_from_db()
    assert foreign.revoked_at is None


def test_who_has_a_code_made_for_them_reads_and_writes_and_decides_nothing(denise):
    code = code_in(make(visit(denise)))
    mayor = visit(type(denise)(denise.reference, code, denise.incident, denise.report))

    assert say(mayor, "Je suis le maire.").status_code == 302
    html = page_of(mayor)
    assert "Je suis le maire." in html
    assert "Donner accès" not in html
    assert "Mes accords" not in html
    assert make(mayor).status_code == 403
    assert mayor.post("/suivi/accord/", {"sur": "sharing", "accord": "oui"}).status_code == 403
    assert mayor.post("/suivi/effacement/").status_code == 403
    assert Message.objects.get().name == "Le maire"
    assert "<h3>Le maire</h3>" in page_of(visit(denise))


def test_the_desk_stops_every_code(denise, alice):
    client = visit(denise)
    make(client)
    row = Incident.objects.get()

    address = f"/console/dossiers/{row.uuid}/faire/codes"
    assert client_of(alice).post(address, {"version": row.version}).status_code == 302

    assert denise.reference not in page_of(client)
    assert not AccessCode.objects.filter(revoked_at=None).exists()
    with pytest.raises(NotFound):
        victim_by_code(denise.code)
    assert Event.objects.get(kind="code.all_ended").data == {"count": 2}


def test_eve_stops_no_code_and_answers_no_request(denise, eve, emile):
    visit(denise).post("/suivi/effacement/")
    row = Incident.objects.get()
    asked = {"incident": row.uuid, "version": row.version, "now": now()}

    for user in (eve, emile):
        with pytest.raises((NotFound, NotAllowed)):
            sharing_access.end_all_codes(by=Person.of(user), **asked)
        with pytest.raises((NotFound, NotAllowed)):
            consenting.answer_erasure(by=Person.of(user), accepted=True, answer="Oui.", **asked)
    assert not queries.visible_to(Machine(1, "csirt-voisin", 1)).exists()


@pytest.mark.parametrize("missing", ["code-number", "code-name", "code-at"])
def test_a_new_code_asks_for_the_call_back_in_full(denise, alice, missing):
    row = Incident.objects.get()
    data = {
        "version": row.version, "code-number": "05 61 00 00 00", "code-name": "Denise Vidal",
        "code-at": "2020-11-22T09:30",
    }  # fmt: skip

    response = client_of(alice).post(f"/console/dossiers/{row.uuid}/code", data | {missing: ""})

    assert response.status_code == 400
    assert victim_by_code(denise.code)


def test_the_call_back_is_kept_and_the_journal_names_nobody(denise, alice):
    row = Incident.objects.get()
    data = {
        "version": row.version, "code-number": "05 61 00 00 00", "code-name": "Denise Vidal",
        "code-at": "2020-11-22T09:30",
    }  # fmt: skip
    client = client_of(alice)
    assert code_in(client.post(f"/console/dossiers/{row.uuid}/code", data))

    assert "Denise" not in str(list(Event.objects.values_list("data", flat=True)))
    assert "Denise Vidal, 05 61 00 00 00" in text_of(client.get(f"/console/dossiers/{row.uuid}/"))


def test_erasure_is_asked_once_told_with_its_date_and_a_task_for_the_desk(denise, alice):
    client = visit(denise)
    html = text_of(client.get("/suivi/effacement/"))
    assert "Ce qui est effacé" in html
    assert "en un mois au plus" in html

    for _ in range(2):
        client.post("/suivi/effacement/")

    assert ErasureRequest.objects.count() == 1
    assert Incident.objects.get().unread
    assert "au plus tard le" in text_of(client.get("/suivi/effacement/"))
    html = text_of(client_of(alice).get(f"/console/dossiers/{case().uuid}/"))
    assert "À faire : répondre à une demande d'effacement" in html


def test_the_answer_to_a_request_is_read_by_the_victim(denise, alice):
    client, desk = visit(denise), client_of(alice)
    client.post("/suivi/effacement/")
    data = {"version": case().version, "effacement-accepted": "non", "effacement-answer": ""}
    address = f"/console/dossiers/{case().uuid}/faire/effacement"
    assert desk.post(address, data).status_code == 400

    desk.post(address, data | {"effacement-answer": "Une enquête est en cours."})

    html = text_of(client.get("/suivi/effacement/"))
    assert "Nous ne pouvons pas tout effacer" in html
    assert "Une enquête est en cours." in html


@pytest.mark.parametrize("path", ["accord", "acces", "acces/fin"])
def test_a_decision_without_a_visit_asks_for_the_code(db, client, path):
    response = client.post(f"/suivi/{path}/", {"sur": "sharing", "accord": "oui"})

    assert "Quel est votre code de suivi" in text_of(response)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("particulier", "Un proche, quelqu'un qui vous aide"),
        ("commune", "Le maire, votre informaticien"),
        ("entreprise", "Qui dirige, votre informaticien"),
    ],
)
def test_each_kind_of_victim_is_told_who_may_be_given_a_code(db, kind, words):
    html = text_of(visit(file_case(victim_kind=kind)).get("/suivi/"))

    part = html[html.index('id="acces"') : html.index("Faire un code")]
    assert words in part
    assert ("maire" in part.lower()) == (kind == "commune")
