"""Addresses that a form is sent to: their answer may be the only page to show something."""

import pytest
from django.test import Client

from tests.people import client_of
from tests.reporters import SHOWN, last_page


def test_the_page_that_shows_the_code_offers_no_way_to_lose_it(db):
    """A change of language asks for the same address again, where no code is shown."""
    answer = Client().post(
        "/signaler/envoi/",
        last_page("a" * 32, "Tout est bloqué."),
        content_type="application/x-www-form-urlencoded",
    )

    html = answer.content.decode()
    assert len(SHOWN.findall(html)) == 2
    assert "/langue/" not in html


def test_a_page_that_is_only_read_offers_both_languages(db):
    assert 'action="/langue/"' in Client().get("/suivi/").content.decode()


@pytest.mark.parametrize("address", ["/suivi/message/", "/suivi/quitter/"])
def test_an_address_to_send_to_explains_itself_when_it_is_opened(address, db):
    answer = Client().get(address)

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert answer["Content-Length"] == str(len(answer.content))
    assert "Cette page ne s'ouvre pas seule" in answer.content.decode()
    assert "This page does not open by itself" in answer.content.decode()


def test_the_same_in_the_console(alice, denise):
    answer = client_of(alice).get(f"/console/dossiers/{denise.incident.uuid}/etape/take")

    assert answer.status_code == 405
    assert "Cette page ne s'ouvre pas seule" in answer.content.decode()


def test_rest_keeps_its_own_answer(alice):
    answer = client_of(alice).put("/api/v1/incidents/", {}, content_type="application/json")

    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
