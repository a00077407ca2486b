"""What a victim keeps: the summary for who decides, the whole as text; and the page's own news."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from csirt.accounts.principals import Person
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.domain.lifecycle import UNDO_FOR
from incidents.models import Incident
from incidents.services.casework import add_note
from incidents.services.following import write_to_victim
from tests.intake.conftest import MONDAY
from tests.intake.test_followup import moved, say, visit
from tests.intake.test_followup_questions import ANSWERS, INPUTS
from tests.intake.test_form_pages import text_of
from tests.people import file_case

SATURDAY = MONDAY + timedelta(days=5)
SECRET = "secret-de-la-voisine"


def desk_says(case, alice, text):
    write_to_victim(
        incident=case.uuid,
        by=Person.of(alice),
        token=codes.new_token(),
        text=text,
        now=now() - UNDO_FOR,
    )


def test_the_summary_says_what_happened_what_to_decide_and_who_does_what(db):
    with time_machine.travel(MONDAY, tick=False):
        victim = file_case(
            answers=ANSWERS | {"infos_gens": "sensibles"},
            inputs=INPUTS | {"donnees": "sensibles"},
            knowledge_at=MONDAY,
        )
        html = text_of(visit(victim).get("/suivi/resume/"))

    assert "Résumé pour le maire" in html
    assert "Notifier la CNIL" in html
    assert "Avant jeudi 26 novembre à 10 h 30." in html
    assert "pas un avis juridique" in html
    assert "Qui fait quoi" in html


@pytest.mark.parametrize("quand", ["avant", "nsp"])
def test_no_hour_is_given_when_the_moment_is_not_known(db, quand):
    victim = file_case(answers=ANSWERS | {"quand": quand}, inputs=INPUTS)
    html = text_of(visit(victim).get("/suivi/resume/"))

    assert "L'heure de la découverte n'est pas connue." in html
    assert "Avant " not in html.split("Ce que je dois décider")[1].split("Qui fait quoi")[0]


@pytest.mark.parametrize(
    ("quand", "words"),
    [("cette_semaine", "Cette semaine"), ("hier", "Hier"), ("2026-11-10", "10/11/2026")],
)
def test_a_guess_is_not_stated_as_a_fact(db, quand, words):
    with time_machine.travel(SATURDAY, tick=False):
        answers = ANSWERS | {"quand": quand, "infos_gens": "sensibles"}
        victim = file_case(answers=answers, inputs=INPUTS | {"donnees": "sensibles"})
        html = text_of(visit(victim).get("/suivi/resume/"))

    assert f"Quand ? « {words} »." in html
    assert "Découvert" not in html
    assert "Le délai est passé." not in html
    assert ("Le délai est peut-être passé." in html) == (quand != "hier")
    assert "Nous comptons depuis le plus tôt possible, selon cette réponse." in html


def test_what_is_known_to_the_minute_is_a_fact(db):
    with time_machine.travel(SATURDAY, tick=False):
        at = SATURDAY - timedelta(days=5)
        answers = ANSWERS | {"quand": "2026-11-23T10:30+01:00", "infos_gens": "sensibles"}
        victim = file_case(
            answers=answers,
            inputs=INPUTS | {"donnees": "sensibles"},
            knowledge_at=at,
            knowledge_exact=True,
        )
        html = text_of(visit(victim).get("/suivi/resume/"))

    assert "Découvert lundi 23 novembre à 10 h 30." in html
    assert "Le délai est passé. Faites-le quand même." in html


def test_a_company_has_no_mayor(db):
    html = text_of(visit(file_case(victim_kind="entreprise")).get("/suivi/resume/"))

    assert "maire" not in html.lower().split("qui fait quoi")[0]


def test_the_download_holds_all_that_the_victim_may_see_and_nothing_else(denise, alice):
    other = file_case(text=SECRET)
    case = denise.incident
    client = visit(denise)
    say(client, "La sauvegarde est saine.")
    desk_says(case, alice, "Ne branchez rien.")
    add_note(incident=case.uuid, by=Person.of(alice), text="note interne", now=now())
    say(visit(other), SECRET)

    response = client.get("/suivi/telecharger/")
    text = response.content.decode()

    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    for wanted in (denise.reference, "lockbit", "La sauvegarde est saine.", "Ne branchez rien."):
        assert wanted in text
    for hidden in (SECRET, "note interne", other.reference, "Alice"):
        assert hidden not in text


def test_what_was_written_comes_back_in_the_download_as_text(denise):
    client = visit(denise)
    say(client, "<script>alert(1)</script>")

    response = client.get("/suivi/telecharger/")

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "<script>alert(1)</script>" in response.content.decode()


def mark_of(client):
    return client.get("/suivi/nouvelles/")["ETag"]


def test_nothing_new_is_said_in_a_few_bytes(denise):
    client = visit(denise)
    response = client.get("/suivi/nouvelles/", headers={"if-none-match": mark_of(client)})

    assert (response.status_code, response.content) == (304, b"")
    assert mark_of(client).strip('"') in client.get("/suivi/").content.decode()


def test_a_message_of_the_desk_is_news(denise, alice):
    client = visit(denise)
    mark = mark_of(client)
    desk_says(denise.incident, alice, "Nous regardons.")

    response = client.get("/suivi/nouvelles/", headers={"if-none-match": mark})

    assert response.status_code == 200
    assert "Nous regardons." in text_of(response)


def test_what_happens_on_other_cases_is_no_news(denise, alice):
    """The mark counts nothing: a busy desk cannot be seen in it."""
    client = visit(denise)
    mark = mark_of(client)
    for _ in range(3):
        file_case()

    assert mark_of(client) == mark


def test_the_news_hold_no_form_and_no_number_of_ours(denise):
    html = visit(denise).get("/suivi/nouvelles/").content.decode()

    assert "csrf" not in html
    assert "<form" not in html
    assert not re.search(r"\b(seq|version|epoch)\b", html)


def test_looking_for_news_does_not_make_the_visit_longer(denise):
    with time_machine.travel(MONDAY, tick=False):
        client = visit(denise)
    with time_machine.travel(MONDAY.replace(hour=11, minute=0), tick=False):
        assert client.get("/suivi/nouvelles/").status_code == 200
    with time_machine.travel(MONDAY.replace(hour=12), tick=False):
        assert client.get("/suivi/nouvelles/").status_code == 204
    assert Client().get("/suivi/nouvelles/").status_code == 204


@pytest.mark.parametrize("edges", [("take", "reject"), ("take", "redirect")])
def test_a_message_on_an_ended_case_brings_it_to_the_top(denise, alice, edges):
    moved(alice, *edges)
    state = Incident.objects.get().state

    say(visit(denise), "Ça recommence.")

    assert (Incident.objects.get().unread, Incident.objects.get().state) == (True, state)


def test_the_page_for_a_lost_code_says_whom_to_call_and_what_is_asked(client, db):
    html = text_of(client.get("/suivi/code-perdu/"))

    assert "tel:0800711313" in html
    assert "Votre référence" in html
    assert "Nous raccrochons, puis nous vous rappelons." in html


def test_the_day_of_the_copy_is_on_it(denise):
    with time_machine.travel(datetime(2026, 11, 23, 9, 30, tzinfo=UTC), tick=False):
        text = visit(denise).get("/suivi/telecharger/").content.decode()

    assert "Copie du 23/11/2026 10:30" in text


def test_it_is_said_that_the_files_themselves_are_not_in_it(denise):
    client = visit(denise)

    for path in ("", "effacement/"):
        html = text_of(client.get(f"/suivi/{path}"))
        assert "Vos fichiers n'y sont pas, seulement leur liste. Gardez vos originaux." in html
