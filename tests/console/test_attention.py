"""What needs somebody now comes first: danger, an untaken P1, an unread word, a clock under 24 h."""

from datetime import datetime, timedelta

import pytest
import time_machine

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.management import periodic
from incidents.domain.attention import Attention
from incidents.models import Incident
from incidents.services import casework, clock_acts, clocks, following, transitions, undoing
from tests.console.test_queue_page import page, references
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db(transaction=True)

LATER = {"category": "spam", "inputs": {"evolution": "tentative"}, "asked": None}  # P4, no duty
THEFT = {  # P4, and two working days to complain and to tell the insurer
    "category": "perte-vol",
    "inputs": {"evolution": "tentative"},
    "asked": None,
    "answers": {"vol": "vole"},
}


def fresh(victim):
    return Incident.objects.get(pk=victim.incident.pk)


def stolen(known=timedelta(hours=3)):
    """A theft that has been known for some time."""
    return file_case(**THEFT, knowledge_at=now() - known, knowledge_exact=True)


def written(victim, token="1"):
    who = following.victim_by_code(victim.code)
    following.write_as_victim(victim=who, token=token * 32, text="Encore.", now=now())


def test_the_queue_begins_with_what_needs_somebody(alice):
    with time_machine.travel(datetime.fromisoformat("2026-11-23T09:00:00+01:00"), tick=False):
        clock = stolen()
    with time_machine.travel(datetime.fromisoformat("2026-11-25T09:00:00+01:00"), tick=False):
        plain, unread = file_case(**LATER), file_case(**LATER)
        taken, urgent = file_case(), file_case()
        transitions.take(incident=taken.incident.uuid, version=1, by=Person.of(alice), now=now())
        written(unread)
        danger = file_case(flags=("danger_vie",), **LATER)
        clocks.bring_up(now=now())

        assert fresh(danger).danger
        order = [danger, urgent, unread, clock, taken, plain]
        assert references(page(alice, "?vue=tous")) == [one.reference for one in order]


def test_a_word_that_was_read_no_longer_leads(alice):
    first, second = file_case(**LATER), file_case(**LATER)
    written(second)
    assert references(page(alice, "?vue=tous")) == [second.reference, first.reference]

    following.read_messages(incident=second.incident.uuid, by=Person.of(alice), now=now())
    assert references(page(alice, "?vue=tous")) == [first.reference, second.reference]


def test_taking_back_brings_the_place_back(alice):
    case = file_case()
    by = Person.of(alice)
    undoing.undoably(
        lambda: transitions.take(incident=case.incident.uuid, version=1, by=by, now=now()),
        act="take", incident=case.incident.uuid, by=by, now=now(),
    )  # fmt: skip
    assert fresh(case).attention == Attention.NONE

    undoing.undo(incident=case.incident.uuid, by=by, now=now())
    assert fresh(case).attention == Attention.UNTAKEN


def test_a_clock_that_was_met_no_longer_leads(alice):
    case = stolen(known=timedelta(days=9))
    assert fresh(case).attention == Attention.CLOCK
    assert "Plainte pour vol" in page(alice, "?vue=tous&echeance=passee")

    clock_acts.meet(
        incident=case.incident.uuid, version=1, by=Person.of(alice), duty="plainte-vol",
        at=now(), how="Récépissé n° 12.", late_reason="Absent.", now=now(),
    )  # fmt: skip
    assert (fresh(case).attention, fresh(case).next_due) == (Attention.NONE, None)


def test_a_moment_told_later_moves_the_case(alice):
    case = stolen()
    casework.edit(
        incident=case.incident.uuid, version=1, by=Person.of(alice),
        knowledge_at=now() - timedelta(days=9), now=now(),
    )  # fmt: skip

    assert fresh(case).attention == Attention.CLOCK


def test_time_alone_brings_a_case_up_without_an_event(alice):
    with time_machine.travel(datetime.fromisoformat("2026-11-23T09:00:00+01:00"), tick=False):
        case = stolen()
        assert fresh(case).attention == Attention.NONE
    before = (Event.objects.count(), fresh(case).version)
    end = fresh(case).next_due
    step = next(step for name, _every, step in periodic.STEPS if name == "clocks-near")
    with time_machine.travel(end - timedelta(hours=23), tick=False):
        assert (step(now()), step(now())) == (1, 0)
        assert fresh(case).attention == Attention.CLOCK
        assert "dans 23 h" in page(alice, "?vue=tous")
    with time_machine.travel(end + timedelta(hours=2), tick=False):
        assert "dépassée de 2 h" in page(alice, "?vue=tous&echeance=passee")

    assert (Event.objects.count(), fresh(case).version) == before


def test_who_sees_no_case_learns_of_no_clock(eve, alice):
    case = stolen()
    answer = client_of(eve).get("/console/?echeance=semaine")

    assert answer.status_code == 403
    assert case.reference not in answer.content.decode()
