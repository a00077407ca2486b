"""The first gestures: shown at the moment of choice, ticked, remembered, told to the analyst."""

import pytest
import time_machine
from django.test import Client

from csirt.journal.models import Event
from incidents.intake import device
from incidents.models import Draft, Incident, ShownGestures
from incidents.services import drafts
from tests.intake.conftest import MONDAY
from tests.intake.test_form_pages import TOWN, text_of
from tests.people import client_of

FIRST = {"danger": ["danger"], "qui": ["kind", "autrui"], "quoi": ["quoi"]}


def choose(visitor, what="fichiers"):
    """Answer until what happens is chosen; return the page that follows."""
    answers = {**TOWN, "quoi": what}
    for page, names in FIRST.items():
        data = {name: answers[name] for name in names}
        response = visitor.client.post(f"/signaler/{page}/", data, follow=True)
    return response


def test_they_are_shown_before_any_identity_is_asked(visitor):
    html = text_of(choose(visitor))

    assert "À faire tout de suite" in html
    assert "À ne pas faire" in html
    assert Draft.objects.get().answers.keys() == {"danger", "kind", "autrui", "quoi"}


def test_what_was_shown_is_remembered_once_with_its_version(visitor, bundle):
    with time_machine.travel(MONDAY, tick=False):
        choose(visitor)
    visitor.client.get("/signaler/moment/")

    row = ShownGestures.objects.get()
    assert (row.playbook, row.version) == ("rancongiciel", bundle.playbooks["rancongiciel"].version)
    assert (row.reference, row.shown_at, row.ticked) == (bundle.sha256, MONDAY, {})


def test_ticks_are_kept_also_when_the_page_has_an_error(visitor):
    choose(visitor)
    page = {"gestes": "rancongiciel", "fait": ["1", "3"]}

    html = text_of(visitor.client.post("/signaler/moment/", page))

    assert ShownGestures.objects.get().ticked.keys() == {"1", "3"}
    assert 'name="fait" value="3" form="reponses" checked' in html
    assert 'name="fait" value="2" form="reponses">' in html


def test_a_tick_may_be_taken_back_on_a_later_page(visitor):
    choose(visitor)
    page = {"quand": "hier", "continue": "oui", "gestes": "rancongiciel", "fait": ["1", "2"]}
    visitor.client.post("/signaler/moment/", page)
    visitor.client.post(
        "/signaler/combien/", {"combien": "un", "gestes": "rancongiciel", "fait": ["2"]}
    )

    assert ShownGestures.objects.get().ticked.keys() == {"2"}


@pytest.mark.parametrize("fait", ["0", "99", "-1", "x", "1'--", "\x00"])
def test_a_number_that_is_no_gesture_is_left_out(visitor, fait):
    choose(visitor)
    visitor.client.post("/signaler/moment/", {"gestes": "rancongiciel", "fait": [fait, "1"]})

    assert ShownGestures.objects.get().ticked.keys() == {"1"}


def test_nothing_of_a_draft_is_in_the_journal(visitor):
    choose(visitor)
    visitor.client.post("/signaler/moment/", {"gestes": "rancongiciel", "fait": ["1"]})

    assert Event.objects.count() == 0


def filed(visitor):
    with time_machine.travel(MONDAY, tick=False):
        choose(visitor, "message")
        choose(visitor, "fichiers")
        visitor.client.post("/signaler/moment/", {"gestes": "rancongiciel", "fait": ["1", "3"]})
        secret = visitor.client.cookies[device.COOKIE].value
        rest = {**TOWN, "ou": "32256", "contact": {"phone": "+33536491234"}}
        drafts.keep(secret=secret, answers=rest, language="fr", now=MONDAY)
        visitor.send(visitor.client.get("/signaler/verification/"))
    return Incident.objects.get()


def test_filing_journals_each_playbook_shown_and_what_was_ticked(visitor, bundle):
    case = filed(visitor)

    shown = list(Event.objects.filter(kind="gestures.shown", incident=case.pk).order_by("seq"))
    assert [event.data["playbook"] for event in shown] == ["hameconnage", "rancongiciel"]
    assert {event.data["reference"] for event in shown} == {bundle.sha256}
    assert shown[0].data["shown"] == "2026-11-23T09:30:00+00:00"
    ticked = Event.objects.get(kind="gestures.ticked")
    assert (ticked.data["playbook"], ticked.data["gestures"]) == ("rancongiciel", ["1", "3"])
    assert ticked.data["moments"] == ["2026-11-23T09:30:00+00:00"] * 2
    assert (ticked.incident, ticked.actor, ticked.audience) == (case.pk, "anonymous", "desk")
    assert ShownGestures.objects.count() == 0


def test_sent_twice_they_are_journalled_once(visitor):
    checked = visitor.resume(TOWN)
    visitor.send(checked)
    visitor.send(checked)

    assert Event.objects.filter(kind="gestures.shown").count() == 1


def test_the_analyst_reads_their_words_in_the_timeline(visitor, alice, bundle):
    case = filed(visitor)

    html = text_of(client_of(alice).get(f"/console/dossiers/{case.uuid}/"))

    assert "Premiers gestes montrés à 23/11/2026 10:30 : rancongiciel" in html
    first, _, third = bundle.playbooks["rancongiciel"].first_minutes_fr[:3]
    assert "Premiers gestes cochés (rancongiciel, version" in html
    assert f": 1. {first} 3. {third}" in html


@pytest.mark.parametrize("language, words", [("fr", "À ne pas faire"), ("en", "Not to do")])
def test_there_is_a_page_to_print_for_each_playbook(db, bundle, language, words):
    for name in bundle.playbooks:
        response = Client(headers={"accept-language": language}).get(f"/gestes/{name}/")
        assert words in text_of(response)
    assert Client().get("/gestes/rien/").status_code == 404
