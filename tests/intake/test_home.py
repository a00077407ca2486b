"""The home page: three ways in, who answers at this hour, both languages."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from tests.intake.test_form_pages import text_of

PAGES = {
    "open": (
        datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        "Notre équipe est là. Elle lit les signalements jusqu'à 12 h 30.",
    ),
    "lunch": (
        datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        "Notre équipe est fermée. Elle lira les signalements aujourd'hui à 14 h.",
    ),
    "sunday": (
        datetime(2026, 11, 22, 20, 0, tzinfo=UTC),
        "Notre équipe est fermée. Elle lira les signalements lundi 23 novembre à 9 h.",
    ),
    "christmas": (
        datetime(2026, 12, 25, 9, 30, tzinfo=UTC),
        "Notre équipe est fermée. Elle lira les signalements lundi 28 décembre à 9 h.",
    ),
}


def words_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text_of(response)))


@pytest.mark.parametrize("when", PAGES)
def test_it_says_whether_somebody_is_there_now(db, when):
    moment, sentence = PAGES[when]
    with time_machine.travel(moment, tick=False):
        words = words_of(Client().get("/"))

    assert sentence in words
    assert words.index("0 800 71 13 13") < words.index("Jour et nuit")


def test_there_are_three_ways_in(db):
    html = text_of(Client().get("/"))

    for words in ("Je suis attaqué maintenant", "J'ai un doute", "Je reviens avec mon code"):
        assert words in html
    assert html.count('href="/signaler/"') == 2
    assert 'href="/suivi/"' in html


def test_it_says_whom_to_call_at_any_hour(db):
    html = text_of(Client().get("/"))

    for number in ("0800711313", "17", "112"):
        assert f'href="tel:{number}"' in html
    assert html.count('href="sms:114"') == 2
    assert 'href="tel:114"' not in html
    assert "17cyber.gouv.fr" in html


def test_it_speaks_english(db):
    with time_machine.travel(PAGES["sunday"][0], tick=False):
        words = words_of(Client(headers={"accept-language": "en"}).get("/"))

    assert "It will read reports Monday 23 November at 9:00." in words
    assert "I am under attack now" in words


def test_the_language_can_be_switched_without_a_script(db):
    client = Client()
    client.post("/langue/", {"language": "en", "next": "/"})

    assert "I have a doubt" in text_of(client.get("/"))
