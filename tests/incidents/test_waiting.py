"""A waiting case comes back by itself at its date."""

from datetime import timedelta

import pytest

from csirt.kernel.clock import now
from incidents.services.transitions import resume_due
from tests.incidents.conftest import case_in, last_seq, row


@pytest.mark.parametrize(
    "place, back", [("waiting", "active"), ("waiting, from recovery", "recovery")]
)
def test_it_comes_back_to_where_it_was_once_told(place, back, alice, since):
    case = case_in(place, alice)
    since()

    assert resume_due(now=case.waiting_until) == 1

    assert (row(case).state, row(case).waiting_on) == (back, "")
    assert since() == [("incident.resumed", {"state": back, "why": "date"})]
    assert resume_due(now=case.waiting_until) == 0


def test_before_its_date_it_waits(alice):
    case, mark = case_in("waiting", alice), last_seq()

    assert resume_due(now=case.waiting_until - timedelta(seconds=1)) == 0

    assert row(case).state == "waiting"
    assert last_seq() == mark


def test_a_duplicate_that_was_waiting_stays_a_duplicate(alice):
    case = case_in("duplicate, from waiting", alice)

    assert resume_due(now=now() + timedelta(days=365)) == 0
    assert row(case).state == "duplicate"


def test_a_long_queue_comes_back_in_bites(alice):
    for _ in range(3):
        case_in("waiting", alice)
    later = now() + timedelta(days=3)

    assert [resume_due(now=later, limit=2) for _ in range(3)] == [2, 1, 0]
