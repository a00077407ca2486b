"""A draft goes from one device to another: by a square, a short code or a link, each used once."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from incidents.intake import device
from incidents.models import Draft, DraftKey, Incident
from tests.intake.conftest import MONDAY, Visitor
from tests.intake.test_form_pages import TOWN, text_of
from tests.people import client_of
from tests.reporters import waited, waits, worked

HERE, THERE = "/signaler/ailleurs/", "/signaler/reprendre/"
SHORT = re.compile(r"\b([0-9A-Z]{4}-[0-9A-Z]{4})\b")
CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}\b")
LINK = re.compile(r"http://testserver/signaler/reprendre/#([A-Za-z0-9_-]{43})")


@pytest.fixture
def computer(visitor):
    """The device on which somebody began."""
    visitor.resume(TOWN, text="secret de Denise")
    return visitor.client


def ways(client):
    """Return the short code and the link's secret, as they are shown."""
    html = text_of(client.post(HERE))
    return SHORT.search(html)[1], LINK.search(html)[1]


def take(client, key, **options):
    return client.post(THERE, {"cle": key}, **options)


def holds(client):
    return "secret de Denise" in text_of(client.get("/signaler/verification/"))


def test_reading_the_page_makes_no_key_and_says_until_when(computer):
    with time_machine.travel(MONDAY, tick=False):
        computer.post("/signaler/travail/", {"travail": "normal"})
        html = text_of(computer.get(HERE))

    assert DraftKey.objects.count() == 0
    assert "gardées jusqu'à mardi 24 novembre à 10 h 30" in html


@pytest.mark.parametrize("written", [str, str.lower, lambda code: code.replace("-", " ")])
def test_the_short_code_brings_the_draft_to_the_telephone(computer, written):
    short, _ = ways(computer)
    telephone = Client()

    response = take(telephone, written(short))

    assert response["Location"] == "/signaler/verification/"
    assert holds(telephone)


@pytest.mark.parametrize(
    "pasted", ["{}", "http://testserver/signaler/reprendre/#{}", " #{} "], ids=len
)
def test_the_link_brings_it_too(computer, pasted):
    _, secret = ways(computer)
    telephone = Client()
    take(telephone, pasted.format(secret))

    assert holds(telephone)


def test_one_device_holds_it_at_a_time(computer):
    """Who sends the link of a draft of their own reads nothing of what is answered then."""
    short, secret = ways(computer)
    telephone = Client()
    take(telephone, short)

    assert not holds(computer)
    for key in (short, secret):
        assert "ne sert plus" in text_of(take(computer, key))
    assert holds(telephone)


def test_who_began_a_draft_is_never_shown_the_code_of_who_sent_it(computer):
    """The code is made from the form's token: with the draft, it leaves the device before."""
    began = Visitor.held(computer.get("/signaler/verification/"))
    telephone = Visitor(Client())
    take(telephone.client, ways(computer)[0])
    html = text_of(telephone.send(telephone.client.get("/signaler/verification/")))
    code = CODE.search(html)[0]

    for path in ("/signaler/envoi/", "/signaler/envoi/copie/", "/signaler/envoi/note/"):
        assert code not in text_of(computer.post(path, {"envoi": began["envoi"]}, follow=True))
    assert Incident.objects.count() == 1


def test_the_telephone_sends_it(computer):
    telephone = Visitor(Client())
    take(telephone.client, ways(computer)[0])

    telephone.send(telephone.client.get("/signaler/verification/"))

    assert Incident.objects.count() == 1
    assert (Draft.objects.count(), DraftKey.objects.count()) == (0, 0)


def test_the_short_code_ends_after_fifteen_minutes_and_the_link_with_the_draft(computer):
    with time_machine.travel(MONDAY, tick=False):
        computer.post("/signaler/travail/", {"travail": "normal"})
        short, secret = ways(computer)
    with time_machine.travel(MONDAY + timedelta(minutes=15), tick=False):
        assert "ne sert plus" in text_of(take(Client(), short))
    with time_machine.travel(MONDAY + timedelta(hours=24), tick=False):
        assert "ne sert plus" in text_of(take(Client(), secret))
    with time_machine.travel(MONDAY + timedelta(hours=23), tick=False):
        assert take(Client(), secret, REMOTE_ADDR="203.0.113.9").status_code == 302


def test_asked_again_the_ways_shown_before_end(computer):
    first, _ = ways(computer)
    second, _ = ways(computer)

    assert take(Client(), first).status_code == 200
    assert take(Client(), second).status_code == 302


def test_the_keys_are_stored_nowhere_and_no_address_carries_one(computer):
    short, secret = ways(computer)

    rows = f"{list(DraftKey.objects.values())}{list(Draft.objects.values())}"
    assert short.replace("-", "") not in rows
    assert secret not in rows
    assert secret not in Client().post(THERE, {"cle": secret})["Location"]
    assert "secret de Denise" not in text_of(Client().get(f"{THERE}?cle={secret}"))


def test_only_the_device_that_holds_the_draft_gets_them(computer):
    html = text_of(Client().post(HERE))

    assert "Aucun brouillon sur cet appareil" in html
    assert not SHORT.search(html)


def test_guessing_takes_an_effort_and_the_right_key_is_not_refused(computer):
    short, _ = ways(computer)
    eve = Client(REMOTE_ADDR="198.51.100.7")
    with time_machine.travel(MONDAY, tick=False):
        pages = [text_of(take(eve, f"0000-000{n}")) for n in range(8)]
        right = text_of(take(eve, short))

    assert [waits(page) for page in pages] == [False] * 5 + [True] * 3
    assert waited(right)["cle"] == short
    assert eve.post(THERE, worked(right)).status_code == 302
    assert holds(eve)


def test_another_address_takes_the_draft_over_meanwhile(computer):
    short, _ = ways(computer)
    for number in range(8):
        take(Client(REMOTE_ADDR="198.51.100.7"), f"0000-000{number}")

    assert take(Client(REMOTE_ADDR="203.0.113.9"), short).status_code == 302


@pytest.mark.parametrize("typed", ["", "\x00", "é" * 43, "A" * 10_000, "#", "ABCD-EFG"])
def test_any_text_is_answered(computer, typed):
    ways(computer)

    assert "ne sert plus" in text_of(take(Client(), typed))


def test_the_square_is_drawn_in_the_page(computer):
    html = computer.post(HERE).content.decode()

    assert re.search(r'<svg class="qr".*<path fill="#000" d="M\d', html)
    assert "data:" not in html


def test_an_expired_draft_leaves_nothing(computer):
    with time_machine.travel(MONDAY, tick=False):
        computer.post("/signaler/travail/", {"travail": "normal"})
        ways(computer)
    with time_machine.travel(MONDAY + timedelta(hours=25), tick=False):
        Client().post("/signaler/danger/", {"danger": "non"})  # sweeps what is over

    assert DraftKey.objects.count() == 0
    assert not Draft.objects.filter(answers__has_key="recit").exists()


@pytest.mark.parametrize("who", ["alice", "bruno", "ada", "emile"])
def test_nobody_at_the_desk_sees_a_draft(computer, who, request):
    person = client_of(request.getfixturevalue(who))

    for path in ("/console/", "/console/snapshot", "/console/annuaire/", "/api/v1/incidents/"):
        assert b"secret de Denise" not in person.get(path).content


def test_a_device_without_a_draft_is_told_so(db):
    client = Client()
    client.cookies[device.COOKIE] = "A" * 43

    assert "Aucun brouillon" in text_of(client.get(HERE))
