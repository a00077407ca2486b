"""The first gestures on the follow-up page: ticked there, without JavaScript, and told to the desk."""

import re

import pytest
import time_machine
from django.test import Client

from csirt.journal.models import Event
from incidents.models import Incident
from tests.intake.conftest import MONDAY
from tests.intake.test_followup import page_of, visit
from tests.intake.test_form_pages import text_of
from tests.people import client_of, file_case

SHOWN = re.compile(r'name="gestes" value="([^"]+)"')


def ticks(client):
    return re.findall(r'name="fait" value="(\d+)" form="premiers-gestes" checked', page_of(client))


def tick(client, *numbers, shown=None):
    shown = SHOWN.search(page_of(client))[1] if shown is None else shown
    return client.post("/suivi/gestes/", {"gestes": shown, "fait": numbers})


def ticked():
    return list(Event.objects.filter(kind="gestures.ticked").order_by("seq"))


def test_what_is_ticked_stays_ticked_and_is_an_event_with_its_version(denise, bundle):
    with time_machine.travel(MONDAY, tick=False):
        client = visit(denise)
        response = tick(client, "1", "3")
        thanks = text_of(client.get("/suivi/?fait=gestes"))
        still = ticks(client)

    assert response["Location"] == "/suivi/?fait=gestes#gestures-do"
    assert "C'est noté. L'équipe voit ce qui est fait." in thanks
    assert still == ["1", "3"]
    [event] = ticked()
    book = bundle.playbooks["rancongiciel"]
    assert event.data == {
        "playbook": "rancongiciel",
        "version": book.version,
        "reference": bundle.sha256,
        "gestures": ["1", "3"],
        "moments": ["2026-11-23T09:30:00+00:00"] * 2,
    }
    assert (event.incident, event.actor, event.audience) == (denise.incident.pk, "victim", "desk")


def test_a_tick_that_stays_keeps_its_moment_and_one_may_be_taken_back(denise):
    with time_machine.travel(MONDAY, tick=False) as clock:
        client = visit(denise)
        tick(client, "1", "2")
        clock.shift(60)
        tick(client, "2", "4")

    assert ticked()[-1].data["gestures"] == ["2", "4"]
    assert ticked()[-1].data["moments"] == [
        "2026-11-23T09:30:00+00:00",
        "2026-11-23T09:31:00+00:00",
    ]


def test_the_same_ticks_again_and_numbers_that_are_no_gesture_write_nothing(denise):
    client = visit(denise)
    for _ in range(2):
        tick(client, "1", "99", "x", "-1")

    assert [event.data["gestures"] for event in ticked()] == [["1"]]


def test_ticks_of_an_earlier_version_stay_where_the_words_are_the_same(denise):
    client = visit(denise)
    name, _version, words = SHOWN.search(page_of(client))[1].split("/")
    first, second, third, *rest = words.split(".")
    before = "/".join([name, "0.0", ".".join([second, "00000000", third, first, *rest])])
    html = tick(client, "1", "2", "4", shown=before).content.decode()

    assert re.findall(r'name="fait" value="(\d+)" form="premiers-gestes" checked', html) == [
        "1",
        "2",
    ]
    assert ticked() == []


@pytest.mark.parametrize("shown", ["", "hameconnage/0.2", "<script>"])
def test_ticks_of_other_gestures_are_not_taken_for_these(denise, shown):
    html = text_of(tick(visit(denise), "1", shown=shown))

    assert "Les gestes ont changé. Regardez-les, puis cochez encore." in html
    assert '<a href="#f-fait-1">' in html
    assert ticked() == []


def test_another_category_has_gestures_of_its_own(denise):
    client = visit(denise)
    tick(client, "1")
    Incident.objects.update(category="hameconnage-courriel")

    assert ticks(client) == []


def test_the_case_stays_where_it_is_in_the_queue(denise):
    tick(visit(denise), "1")

    case = Incident.objects.get()
    assert (case.unread, case.version) == (False, denise.incident.version)


def test_the_desk_reads_the_words_of_what_is_done(denise, alice, bundle):
    client = visit(denise)
    tick(client, "2")
    tick(client)

    html = text_of(client_of(alice).get(f"/console/dossiers/{denise.incident.uuid}/"))

    assert f": 2. {bundle.playbooks['rancongiciel'].first_minutes_fr[1]}" in html
    assert "Premiers gestes cochés (rancongiciel, version" in html
    assert ": aucun." in html


def test_nobody_else_ticks_or_sees_a_box(denise, eve):
    other = file_case()
    tick(visit(other), "1")
    for client in (Client(), client_of(eve)):
        assert "Quel est votre code de suivi ?" in text_of(
            tick(client, "2", shown="rancongiciel/1")
        )

    assert {event.incident for event in ticked()} == {other.incident.pk}
    assert ticks(visit(denise)) == []
