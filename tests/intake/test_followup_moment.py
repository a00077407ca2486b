"""When the victim knew, told after sending: the legal clocks are counted from it again."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from incidents.models import Incident, LaterAnswer, Report
from incidents.services.casework import edit
from tests.intake.conftest import MONDAY
from tests.intake.test_followup import moved, page_of, visit
from tests.intake.test_followup_questions import ANSWERS, INPUTS
from tests.intake.test_form_pages import text_of
from tests.people import client_of, file_case

PATH = "/suivi/moment/"
FIELD = "Dire quand vous l'avez su"
LATER = MONDAY + timedelta(hours=20)  # on Tuesday


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def town(db, clock):
    """A town hall that does not know when it was attacked, and comes back on the next day."""
    victim = filed("nsp")
    clock.move_to(LATER)
    return victim


def filed(quand):
    answers = ANSWERS | {"quand": quand, "infos_gens": "sensibles"}
    return file_case(answers=answers, inputs=INPUTS | {"donnees": "sensibles"})


def tell(client, date="", hour="", **values):
    return client.post(PATH, {"quand_date": date, "quand_heure": hour, **values})


def case():
    return Incident.objects.get()


def test_the_page_asks_where_no_hour_can_be_said(town):
    html = page_of(visit(town))

    assert "Ce que la loi peut vous demander" in html
    assert FIELD in html
    assert "Avant " not in html[html.index("la loi peut") : html.index("Vos fichiers")]
    assert 'value="maintenant"' not in html


def test_the_moment_told_starts_the_clocks_and_is_an_event(town):
    client = visit(town)
    response = tell(client, "22/11/2026", "16h25")

    assert response["Location"] == "/suivi/?fait=moment#clocks"
    found = case()
    assert (found.knowledge_at, found.knowledge_exact) == (
        datetime(2026, 11, 22, 15, 25, tzinfo=UTC),
        True,
    )
    html = page_of(client)
    assert "Avant mercredi 25 novembre à 16 h 25." in html
    assert FIELD not in html
    assert "Découvert dimanche 22 novembre à 16 h 25." in text_of(client.get("/suivi/resume/"))
    event = Event.objects.get(kind="followup.moment")
    assert event.data == {
        "at": "2026-11-22T15:25+00:00",
        "previous": "2026-11-23T09:30+00:00",
        "exact": True,
    }
    assert (event.actor, event.audience) == ("victim", "victim")
    assert Report.objects.get().answers["quand"] == "nsp"


@pytest.mark.parametrize(
    ("quand", "said", "words"),
    [
        ("hier", "Avant jeudi 26 novembre à 0 h.", "23/11/2026"),
        ("cette_semaine", "Avant lundi 23 novembre à 0 h.", "Cette semaine"),
    ],
)
def test_yesterday_is_the_day_before_the_answer_not_before_the_report(town, quand, said, words):
    client = visit(town)
    tell(client, quand=quand)

    html = text_of(client.get("/suivi/resume/"))
    assert f"« {words} »." in html
    assert not case().knowledge_exact
    assert FIELD in page_of(client)
    if quand == "hier":
        assert said in page_of(client)


@pytest.mark.parametrize(
    "values",
    [
        {"date": "23/11/2026", "hour": "10h31"},
        {"date": "24/11/2026"},
        {"quand": "aujourd_hui"},
        {"quand": "maintenant"},
    ],
    ids=str,
)
def test_a_moment_after_the_report_comes_back_with_what_was_typed(town, values):
    html = text_of(tell(visit(town), **values))

    assert "C'est après votre signalement. Vérifiez la date et l'heure." in html
    assert "Il y a un problème" in html
    assert f'value="{values.get("date", "")}"' in html
    assert case().knowledge_at == MONDAY
    assert not LaterAnswer.objects.exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Choisissez une réponse."),
        ({"date": "hier matin"}, "Écrivez la date comme ceci"),
        ({"date": "22/11/2026", "hour": "tôt"}, "Écrivez l'heure comme ceci"),
        ({"quand": "<script>"}, "Écrivez la date comme ceci"),
    ],
    ids=str,
)
def test_it_is_read_as_the_form_reads_it(town, values, sentence):
    assert sentence in text_of(tell(visit(town), **values))
    assert not Event.objects.filter(kind="followup.moment").exists()


def test_what_an_analyst_has_set_is_not_overwritten(town, alice):
    client = visit(town)
    at = MONDAY - timedelta(hours=2)
    edit(
        incident=case().uuid,
        version=case().version,
        by=Person.of(alice),
        knowledge_at=at,
        now=LATER,
    )

    html = text_of(tell(client, "22/11/2026", "16h25"))

    assert "L'heure est déjà notée. Écrivez-nous pour la changer." in html
    assert case().knowledge_at == at
    assert FIELD not in page_of(client)


def test_not_knowing_takes_no_moment_back(db, clock):
    client = visit(filed("hier"))
    tell(client, quand="nsp")

    assert not LaterAnswer.objects.exists()
    assert "Avant mercredi 25 novembre à 0 h." in page_of(client)


def test_the_same_moment_twice_is_one(town):
    client = visit(town)
    for _ in range(2):
        assert tell(client, "22/11/2026", "16h25").status_code == 302

    assert Event.objects.filter(kind="followup.moment").count() == 1


def test_the_desk_finds_the_case_on_top_and_reads_the_moment(town, alice):
    moved(alice, "take")
    tell(visit(town), "22/11/2026", "16h25")

    assert case().unread
    html = text_of(client_of(alice).get(f"/console/dossiers/{case().uuid}/"))
    assert "La victime a dit quand elle a su : 22/11/2026 16:25." in html


def test_nobody_without_the_code_tells_a_moment(town, eve):
    for client in (Client(), client_of(eve)):
        assert "Quel est votre code de suivi ?" in text_of(tell(client, "22/11/2026", "16h25"))

    assert case().knowledge_at == MONDAY
