"""After closing, the follow-up page asks how things are; what is answered there stays or reopens."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.models import FollowUp, Message
from tests.incidents.conftest import follow, row
from tests.incidents.test_follow_ups import send
from tests.intake.test_followup import page_of, visit
from tests.intake.test_form_pages import text_of
from tests.intake.test_plain_words import read_all
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db(transaction=True)


def closed(user, **fields):
    victim = file_case(**fields)
    for edge in ("take", "qualify", "resolve", "close"):
        follow(edge, victim.incident, user)
    return victim


@pytest.fixture
def town(alice):
    victim = closed(alice)
    send(victim.incident, 30)
    return victim


def reply(client, **data):
    uuid = str(FollowUp.objects.order_by("-pk").first().uuid)
    return client.post("/suivi/suite/", {"suite": uuid, "envoi": codes.new_token(), **data})


def test_nothing_is_asked_before_a_round_went_out(alice):
    assert "De vos nouvelles" not in page_of(visit(closed(alice)))


def test_the_page_asks_and_thanks_and_asks_no_more(town):
    client = visit(town)
    page = page_of(client)
    assert "Tout fonctionne-t-il de nouveau" in page
    assert "Nous vous posons ces questions 30 jours après la fermeture." in page
    answer = reply(client, **{"suite-marche": "oui", "suite-recommence": "rien"})

    assert answer["Location"] == "/suivi/?fait=suite"
    page = text_of(client.get("/suivi/?fait=suite"))
    assert "Merci. L'équipe voit vos réponses." in page
    assert "Tout fonctionne-t-il de nouveau" not in page
    assert "Vous nous avez donné de vos nouvelles." in page
    assert row(town.incident).state == "closed"


def test_a_bad_answer_says_that_the_case_is_open_again(town):
    client = visit(town)
    answer = reply(client, **{"suite-recommence": "oui", "suite-mots": "Encore un courriel."})

    assert answer["Location"] == "/suivi/?fait=rouvert"
    page = text_of(client.get(answer["Location"]))
    assert "Votre dossier est rouvert. Un analyste vous répond ici." in page
    assert "Encore un courriel." in page
    assert row(town.incident).state == "active"


def test_nothing_answered_comes_back_with_its_question(town):
    client = visit(town)
    answer = reply(client)

    assert answer.status_code == 200
    assert 'href="#f-suite-marche"' in answer.content.decode()
    assert "Répondez à une question au moins" in text_of(answer)
    assert FollowUp.objects.get().answered_at is None


def test_what_was_typed_stays_when_something_is_wrong(town):
    client = visit(town)
    answer = reply(client, **{"suite-marche": "presque", "suite-mots": "x" * 20_001})
    html = answer.content.decode()

    assert re.search(r'value="presque" checked', html)
    assert 'id="f-suite-mots-error"' in html
    assert not Message.objects.filter(incident=town.incident.pk, via="").exists()


def test_a_second_answer_is_told_so(town):
    client = visit(town)
    reply(client, **{"suite-marche": "oui"})
    answer = reply(client, **{"suite-marche": "non"})

    assert "Vous avez déjà répondu." in text_of(answer)
    assert row(town.incident).state == "closed"


def test_words_added_after_the_thanks_are_kept(town):
    client, token = visit(town), codes.new_token()
    reply(client, **{"suite-marche": "oui", "envoi": token})
    answer = reply(client, **{"suite-marche": "oui", "suite-mots": "J'oubliais.", "envoi": token})

    assert answer["Location"] == "/suivi/?fait=suite"
    assert "J'oubliais." in page_of(client)


def test_choices_and_words_of_another_answer_come_back_in_the_box_of_a_message(town):
    client, token = visit(town), codes.new_token()
    reply(client, **{"suite-marche": "oui", "envoi": token})
    sent = {"suite-marche": "non", "suite-mots": "Encore un courriel.", "envoi": token}
    answer = reply(client, **sent)
    html = answer.content.decode()

    assert "Vous avez déjà répondu." in text_of(answer)
    assert "Votre texte est là : envoyez-le." in text_of(answer)
    assert 'href="#f-message"' in html
    assert re.search(
        r'<textarea[^>]*id="f-message"[^>]*>\s*Tout fonctionne-t-il de nouveau\W+Non, [^<]+\nEncore un courriel\.',
        html,
    )
    for _ in range(2):
        client.post("/suivi/message/", {"message": "Encore un courriel.", "envoi": token})
    assert Message.objects.filter(text="Encore un courriel.").count() == 1


def test_what_was_typed_stays_though_the_case_was_reopened_meanwhile(town, alice):
    client = visit(town)
    follow("reopen", town.incident, alice)
    sent = {"suite-marche": "presque", "suite-mots": "x" * 20_001}
    html = reply(client, **sent).content.decode()

    assert re.search(r'value="presque" checked', html)
    assert "x" * 20_001 in html


def test_an_answer_to_an_earlier_closing_is_thanked_and_reopens_nothing(town, alice):
    client = visit(town)
    with time_machine.travel(now() + timedelta(days=40)):
        for edge in ("reopen", "resolve", "close"):
            follow(edge, town.incident, alice)
    answer = reply(client, **{"suite-marche": "non"})

    assert answer["Location"] == "/suivi/?fait=suite"
    assert row(town.incident).state == "closed"


def test_a_page_left_open_carries_the_answers_to_the_code(town):
    client = Client()
    uuid = str(FollowUp.objects.get().uuid)
    data = {"suite": uuid, "envoi": codes.new_token(), "suite-marche": "non"}
    asked = client.post("/suivi/suite/", {**data, "dossier": town.reference})
    assert "Quel est votre code de suivi" in text_of(asked)
    answer = client.post(
        "/suivi/", {**data, "vers": "/suivi/suite/", "code": codes.grouped(town.code)}
    )

    assert answer["Location"] == "/suivi/?fait=rouvert"
    assert row(town.incident).state == "active"


def test_the_round_of_another_case_is_absent(town, alice):
    other = visit(closed(alice))

    assert reply(other, **{"suite-marche": "non"}).status_code == 404
    assert reply(other, suite="x").status_code == 404
    assert row(town.incident).state == "closed"


def test_without_a_visit_nothing_is_answered(town, eve):
    for client in (Client(), client_of(eve)):
        assert "Quel est votre code de suivi" in text_of(reply(client, **{"suite-marche": "non"}))
    assert row(town.incident).state == "closed"


def test_words_of_distress_bring_the_helpline(town):
    client = visit(town)
    reply(client, **{"suite-marche": "oui", "suite-mots": "Je vais me tuer."})

    assert "3114" in page_of(client)


def test_a_case_that_was_reopened_asks_nothing(town, alice):
    follow("reopen", town.incident, alice)
    assert "De vos nouvelles" not in page_of(visit(town))


def test_what_was_answered_is_in_the_copy_of_everything(town):
    client = visit(town)
    reply(client, **{"suite-marche": "presque"})
    text = client.get("/suivi/telecharger/").content.decode()

    assert "De vos nouvelles" in text
    assert "Presque tout" in text


@pytest.mark.once
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["commune", "particulier"])
@pytest.mark.parametrize("category", ["rancongiciel", "fovi-faux-rib"])
def test_every_round_speaks_in_short_sentences(alice, language, kind, category):
    victim = closed(alice, language=language, victim_kind=kind, category=category)
    if category != "rancongiciel":
        type(victim.incident).objects.filter(pk=victim.incident.pk).update(category=category)
    found = {}
    for days in (30, 90, 180):
        send(victim.incident, days)
        client = visit(victim, headers={"accept-language": language})
        found[f"{days}"] = client.get("/suivi/").content.decode()
        assert found[f"{days}"].count('type="radio"') > 8
        found[f"{days} empty"] = reply(client).content.decode()

    assert read_all(found, language) == {}
