"""Who sends very much works or waits for it; nobody is refused, and nobody else is slowed."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client

from csirt.kernel import codes
from incidents.intake import device, door, paper
from incidents.models import Draft, Message
from tests.intake.conftest import MONDAY, Visitor
from tests.intake.test_followup import page_of, say, visit
from tests.intake.test_form_pages import TOWN
from tests.people import file_case
from tests.reporters import waited, waits, worked

FIRST = "/signaler/danger/"
MOST = 2


def begin(client):
    """Answer the first page, with which a draft begins."""
    return client.post(FIRST, {"danger": "non"})


def text_of(response):
    return response.content.decode()


@pytest.fixture
def crowded(settings, places):
    """An address has begun all the drafts of its hour; the clock stands still."""
    settings.DRAFTS_ADDRESS = MOST
    with time_machine.travel(MONDAY, tick=False) as clock:
        for _ in range(MOST):
            begin(Client())
        assert Draft.objects.count() == MOST
        yield clock


@pytest.mark.parametrize("way", ["work", "wait"])
def test_one_more_draft_takes_an_effort_and_goes_on_with_what_was_typed(crowded, way):
    client = Client()
    page = text_of(begin(client))
    assert waits(page)
    if way == "wait":
        crowded.shift(timedelta(seconds=30))
    response = client.post(FIRST, worked(page) if way == "work" else waited(page))

    assert response.status_code == 302
    assert Draft.objects.latest("pk").answers == {"danger": "non"}
    assert Draft.objects.count() == MOST + 1


def test_without_cookies_it_goes_on_too(crowded):
    page = text_of(begin(Client()))

    assert Client().post(FIRST, worked(page)).status_code == 302
    assert Draft.objects.count() == MOST + 1


def test_one_effort_begins_one_draft(crowded):
    fields = worked(text_of(begin(Client())))
    Client().post(FIRST, fields)
    other = Client()
    other.cookies[device.COOKIE] = device.new_secret()

    for again in (Client(), other):
        Draft.objects.latest("pk").delete()
        assert waits(text_of(again.post(FIRST, fields)))


def test_a_draft_that_is_there_goes_on_without(crowded):
    visitor = Visitor()
    assert not waits(text_of(visitor.resume(TOWN)))
    for _ in range(3):
        assert begin(visitor.client).status_code == 302


def test_another_address_is_not_slowed(crowded):
    assert begin(Client(REMOTE_ADDR="203.0.113.9")).status_code == 302


@pytest.fixture
def talkative(monkeypatch):
    monkeypatch.setattr(door, "SENT_AN_HOUR", MOST)


def test_many_messages_take_an_effort_each_and_none_is_lost(denise, talkative):
    with time_machine.travel(MONDAY, tick=False):
        client = visit(denise)
        for number in range(MOST):
            assert say(client, f"Message {number}").status_code == 302
        page = text_of(say(client, "Un de plus"))
        assert waits(page)
        assert Message.objects.count() == MOST

        fields = worked(page)
        assert client.post("/suivi/message/", fields).status_code == 302
        assert Message.objects.latest("pk").text == "Un de plus"
        assert waits(text_of(client.post("/suivi/message/", {**fields, "message": "Encore"})))
        assert waits(text_of(client.post("/suivi/message/", fields)))  # an effort opens once


def test_the_code_typed_each_time_is_no_way_around(denise, talkative):
    with time_machine.travel(MONDAY, tick=False):
        for number in range(MOST + 3):
            Client().post(
                "/suivi/",
                {"code": denise.code, "envoi": codes.new_token(), "message": f"Message {number}"},
            )

    assert Message.objects.count() == MOST


def test_waits_of_one_visit_run_one_after_the_other(denise, talkative):
    with time_machine.travel(MONDAY, tick=False) as clock:
        client = visit(denise)
        for number in range(MOST):
            say(client, f"Message {number}")
        pages = [text_of(say(client, f"Encore {number}")) for number in range(3)]
        clock.shift(timedelta(seconds=30))
        got = [client.post("/suivi/message/", waited(page)) for page in pages]

    assert [waits(text_of(one)) for one in got] == [False, True, True]


def test_who_else_has_a_code_is_not_slowed(denise, talkative):
    client = visit(denise)
    html = text_of(client.post("/suivi/acces/", {"nom": "Le maire", "envoi": codes.new_token()}))
    mayor = Client()
    mayor.post("/suivi/", {"code": re.search(r"<strong translate=\"no\">([0-9A-Z-]+)<", html)[1]})
    for number in range(MOST + 1):
        say(client, f"Message {number}")

    assert say(mayor, "Je suis là").status_code == 302


def test_reading_is_never_slowed(denise, talkative):
    client = visit(denise)
    for number in range(MOST + 2):
        say(client, f"Message {number}")

    assert denise.reference in page_of(client)


def copy(client, token):
    return client.post("/signaler/envoi/copie/", {"envoi": token, "forme": "pdf"})


@pytest.fixture
def sent(places):
    """A client whose report is filed, and its form's token."""
    visitor = Visitor()
    fields = visitor.held(visitor.resume(TOWN))
    visitor.client.post("/signaler/envoi/", fields)
    return visitor.client, fields["envoi"]


@pytest.mark.skipif(not paper.can_draw(), reason="this machine cannot draw a PDF")
def test_after_many_pdfs_the_same_words_come_as_text(sent, monkeypatch):
    monkeypatch.setattr(paper, "OF_ONE", 1)
    assert copy(*sent)["Content-Type"] == "application/pdf"
    second = copy(*sent)

    assert second["Content-Type"].startswith("text/plain")
    assert second["Content-Disposition"].endswith('.txt"')
    assert "Voici les mêmes mots." in text_of(second)
    assert "CODE DE SUIVI" in text_of(second)


@pytest.mark.skipif(not paper.can_draw(), reason="this machine cannot draw a PDF")
def test_while_two_are_drawn_a_third_comes_as_text(sent, monkeypatch):
    monkeypatch.setattr(paper, "PATIENCE", 0.01)
    for _ in range(paper.AT_ONCE):
        paper._places.acquire()
    try:
        assert copy(*sent)["Content-Type"].startswith("text/plain")
    finally:
        for _ in range(paper.AT_ONCE):
            paper._places.release()
    assert copy(*sent)["Content-Type"] == "application/pdf"


def test_a_code_of_another_case_is_slowed_by_its_own_doing_only(denise, talkative):
    other = file_case(text="Un autre dossier.")
    client = visit(denise)
    for number in range(MOST + 1):
        say(client, f"Message {number}")

    assert say(visit(other), "Bonjour").status_code == 302
    assert django_settings.DRAFTS_ADDRESS >= 20  # a school behind one address
