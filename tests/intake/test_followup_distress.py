"""Words of distress on the follow-up page: whom to call stands beside the message, nothing is blocked."""

import re

import pytest
from django.test import Client

from csirt.kernel import codes
from incidents.models import Incident, Message
from tests.intake.test_followup import page_of, say, visit
from tests.intake.test_form_pages import text_of
from tests.intake.test_plain_words import too_long
from tests.people import file_case

pytestmark = pytest.mark.django_db
WORDS = {"fr": "Vous semblez aller très mal.", "en": "You seem to be in great pain."}


def messages_of(html):
    return html.partition('id="fil"')[2].partition("</div>\n<form")[0]


@pytest.mark.parametrize("language", WORDS)
def test_after_sending_the_helpline_stands_at_the_messages(denise, language):
    client = visit(denise, headers={"accept-language": language})
    answer = say(client, "Je veux en finir.")
    assert answer["Location"] == "/suivi/#messages"
    html = text_of(client.get("/suivi/"))
    shown = messages_of(html)

    assert WORDS[language] in shown
    assert 'href="tel:3114"' in shown
    assert "Je veux en finir." in shown
    assert Message.objects.count() == 1
    assert too_long(html, language) == set()


def test_it_goes_with_the_next_words_and_the_number_stays_at_the_top(denise):
    client = visit(denise)
    say(client, "Je veux en finir.")
    say(client, "Merci de m'avoir rappelée.")
    html = page_of(client)

    assert WORDS["fr"] not in html
    assert 'href="tel:3114"' in html.partition('id="fil"')[0]


def test_without_such_words_there_is_none(denise):
    client = visit(denise)
    say(client, "Le disque est mort.")

    assert 'href="tel:3114"' not in page_of(client)


def test_a_change_of_situation_is_heard_and_the_page_says_whom_to_call():
    victim = file_case(category="hameconnage-courriel")
    client = visit(victim)
    page = text_of(client.get("/suivi/changement/"))
    token = re.search(r'name="envoi" value="([^"]*)"', page)[1]
    answer = client.post(
        "/suivi/changement/", {"envoi": token, "sens": "pire", "message": "Il veut mourir."}
    )

    html = text_of(client.get(answer["Location"]))
    assert 'href="tel:3114"' in html.partition('id="fil"')[0]
    assert Incident.objects.get().priority == "P1"


def test_words_typed_before_the_visit_ran_out_are_heard():
    victim = file_case(category="hameconnage-courriel")
    Client().post(
        "/suivi/",
        {"code": victim.code, "envoi": codes.new_token(), "message": "Je veux en finir."},
    )

    assert Incident.objects.get().priority == "P1"
