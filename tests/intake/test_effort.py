"""Above a limit an effort is asked for, never more than half a minute, and nothing typed is lost."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.test import Client

from csirt.journal.models import Event
from csirt.web.models import Bucket
from incidents import kinds
from incidents.intake import effort
from incidents.models import Incident, Report
from tests.intake.conftest import MONDAY, Visitor
from tests.intake.test_form_pages import TOWN
from tests.reporters import SHOWN, waited, waits, worked

MOST = 2  # reports at once from one address, in these tests
SLOW = {**TOWN, "quoi": "message", "geste": ["rien"]}  # nobody is called at once for it


@pytest.fixture
def small(settings):
    settings.REPORTS_ADDRESS = MOST


def file(visitor, *, answers=SLOW, address="198.51.100.7", text="Un courriel bizarre."):
    """File a report from *address* up to the button; return the answer."""
    visitor.client.defaults["REMOTE_ADDR"] = address
    return visitor.send(visitor.resume(answers, text=text))


def page_of(response):
    return response.content.decode()


@pytest.fixture
def crowded(small, places):
    """The bucket of one address is empty; the clock stands still."""
    with time_machine.travel(MONDAY, tick=False) as clock:
        for _ in range(MOST):
            file(Visitor(Client()))
        assert Report.objects.count() == MOST
        yield clock


def again(visitor, fields):
    return visitor.client.post("/signaler/envoi/", fields)


def test_the_page_keeps_what_was_typed_and_says_how_long(crowded, visitor):
    page = page_of(file(visitor, text="Ligne 1\r\n<b>« Ligne 2 »</b>"))

    assert waits(page)
    assert "Attendez 30 secondes, puis appuyez sur le bouton." in page
    assert "0\xa0800\xa071\xa013\xa013" in page
    assert Report.objects.count() == MOST
    crowded.shift(timedelta(seconds=30))
    again(visitor, waited(page))
    assert Report.objects.latest("pk").text == "Ligne 1\n<b>« Ligne 2 »</b>"


def test_asking_again_does_not_push_the_moment_back(crowded, visitor):
    page = page_of(file(visitor))
    crowded.shift(timedelta(seconds=20))
    page = page_of(again(visitor, waited(page)))
    assert "Attendez 10 secondes" in page
    crowded.shift(timedelta(seconds=9))
    page = page_of(again(visitor, waited(page)))
    assert "Attendez 1 seconde," in page
    crowded.shift(timedelta(seconds=1))

    assert "Notez" in page_of(again(visitor, waited(page)))
    assert Report.objects.count() == MOST + 1


def test_the_work_opens_at_once(crowded, visitor):
    page = page_of(file(visitor))

    assert not waits(page_of(again(visitor, worked(page))))
    assert Report.objects.count() == MOST + 1


@pytest.mark.parametrize(
    "changes",
    [
        {"travail": ""},
        {"travail": "0"},
        {"travail": "-1"},
        {"travail": "１２"},
        {"travail": "9" * 5000},
        {"billet": ""},
        {"billet": "x"},
        {"billet": signing.dumps(["another", 0], salt="intake.effort")},
        {"billet": signing.dumps("none", salt="intake.effort")},
        {"billet": signing.dumps(["a" * 32, 0], salt="forged")},
    ],
    ids=["no work", "0", "-1", "wide", "long", "no ticket", "x", "another", "no pair", "forged"],
)
def test_nothing_else_opens(crowded, visitor, changes):
    page = page_of(file(visitor))

    assert waits(page_of(again(visitor, worked(page) | changes)))
    assert Report.objects.count() == MOST


def test_a_ticket_is_worth_nothing_for_another_report(crowded, visitor):
    fields = worked(page_of(file(visitor)))
    other = page_of(file(Visitor(Client())))

    stolen = waited(other) | {name: fields[name] for name in (effort.TICKET, effort.WORK)}
    assert waits(page_of(again(visitor, stolen)))


def test_a_neighbour_does_not_concern_another_address(crowded, visitor):
    assert not waits(page_of(file(visitor, address="203.0.113.9")))


def test_the_desk_has_a_limit_too(settings, places, visitor):
    settings.REPORTS_DESK = MOST
    with time_machine.travel(MONDAY, tick=False):
        for number in range(MOST):
            file(Visitor(Client()), address=f"198.51.100.{number}")

        assert waits(page_of(file(visitor, address="203.0.113.9")))


def test_clicks_and_retries_of_one_report_are_one(small, places, visitor):
    with time_machine.travel(MONDAY, tick=False):
        held = visitor.held(visitor.resume(SLOW))
        for _ in range(2 * MOST):
            assert not waits(page_of(again(visitor, held)))
        for _ in range(MOST - 1):
            assert not waits(page_of(file(visitor, address="127.0.0.1")))

        assert waits(page_of(file(visitor, address="127.0.0.1")))
        assert Report.objects.count() == MOST


def test_a_report_that_is_filed_is_shown_to_its_retry_the_next_day(crowded, visitor):
    held = visitor.held(visitor.resume(SLOW))
    visitor.client.defaults["REMOTE_ADDR"] = "203.0.113.9"
    first = page_of(again(visitor, held))
    Bucket.objects.all().delete()  # as ``tend`` does
    with time_machine.travel(MONDAY + timedelta(hours=20), tick=False):
        for _ in range(MOST):
            file(Visitor(Client()), address="203.0.113.9")
        assert waits(page_of(file(Visitor(Client()), address="203.0.113.9")))

        assert re.findall(SHOWN, page_of(again(visitor, held))) == re.findall(SHOWN, first)


def test_refusals_write_one_row_for_their_line(crowded, visitor):
    fields, before = visitor.held(visitor.resume(SLOW)), Bucket.objects.count()
    visitor.client.defaults["REMOTE_ADDR"] = "198.51.100.7"
    for number in range(3):
        assert waits(page_of(again(visitor, {**fields, "envoi": f"{number:032x}"})))

    assert Bucket.objects.count() == before + 1


def seconds(page):
    """Return how long the page says to wait."""
    return int(re.search(r"Attendez (\d+) secondes", page)[1])


def test_one_device_waits_for_one_thing_after_the_other(crowded, visitor):
    fields = visitor.held(visitor.resume(SLOW))
    others = [{**fields, "envoi": f"{number:032x}"} for number in range(3)]
    visitor.client.defaults["REMOTE_ADDR"] = "198.51.100.7"
    pages = [page_of(again(visitor, one)) for one in (fields, *others)]
    assert [seconds(page) for page in pages] == [30, 60, 60, 60]  # never more than a minute

    crowded.shift(timedelta(seconds=30))
    for one in pages[1:]:
        assert waits(page_of(again(visitor, waited(one))))
    assert Report.objects.count() == MOST
    assert not waits(page_of(again(visitor, waited(pages[0]))))


def test_a_robot_waits_in_line_and_keeps_no_neighbour_with_a_draft_waiting(crowded, visitor):
    fields = visitor.held(visitor.resume(SLOW))
    robot = Client(REMOTE_ADDR="198.51.100.7")
    said = [
        seconds(page_of(robot.post("/signaler/envoi/", {**fields, "envoi": f"{number:032x}"})))
        for number in range(60)
    ]

    assert said[: effort.NEIGHBOURS] == [30] * effort.NEIGHBOURS
    assert set(said[effort.NEIGHBOURS :]) == {60}
    assert seconds(page_of(file(visitor))) == 30


def test_the_work_opens_at_once_at_the_end_of_the_longest_line(crowded, visitor):
    robot = Client(REMOTE_ADDR="198.51.100.7")
    fields = visitor.held(visitor.resume(SLOW))
    for number in range(60):
        page = page_of(robot.post("/signaler/envoi/", {**fields, "envoi": f"{number:032x}"}))

    assert not waits(page_of(robot.post("/signaler/envoi/", worked(page))))


def test_what_is_filed_with_an_effort_is_set_apart(crowded, visitor):
    again(visitor, worked(page_of(file(visitor))))
    case = Incident.objects.latest("pk")

    assert case.apart
    assert Incident.objects.filter(apart=True).count() == 1
    event = Event.objects.get(kind=kinds.CAME_IN_FLOOD.name)
    assert (event.incident, event.actor, event.data) == (case.pk, "system", {"apart": True})


@pytest.mark.parametrize("answers", [TOWN, {**SLOW, "danger": "oui"}], ids=["P1", "danger"])
def test_what_is_urgent_is_not(crowded, visitor, answers):
    again(visitor, worked(page_of(file(visitor, answers=answers))))
    case = Incident.objects.latest("pk")

    assert case.danger or case.priority == "P1"
    assert not case.apart
    assert Event.objects.get(kind=kinds.CAME_IN_FLOOD.name).data == {"apart": False}


def test_in_english_too(crowded, visitor):
    visitor.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"

    assert "Wait 30 seconds, then press the button." in page_of(file(visitor))
