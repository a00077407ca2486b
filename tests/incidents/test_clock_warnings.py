"""Warnings: before the end and at it, once each, from what the clocks are; a missed run loses none."""

from datetime import datetime, timedelta

import pytest

from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.management import periodic
from incidents.models import Clock, Incident
from incidents.services import clock_warnings
from tests.incidents.clocks import CNIL, COMPLAINT, act, clock
from tests.incidents.conftest import row
from tests.people import file_case

HOUR = timedelta(hours=1)


def warned(case, duty=CNIL):
    """Return the warnings of one clock, oldest first."""
    kinds = ["clock.near", "clock.over"]
    found = Event.objects.filter(incident=case.pk, kind__in=kinds).order_by("seq")
    return [event.kind for event in found if event.data["duty"] == duty]


def run(at):
    while clock_warnings.warn_due(now=at):
        pass


def test_a_clock_warns_a_day_before_its_end_and_at_it_once_each(denise):
    case, end = denise.incident, clock(denise.incident).ends_at
    expected = []
    for before, kind in (
        (25, ""),
        (24, "clock.near"),
        (23, ""),
        (1, ""),
        (0, "clock.over"),
        (-9, ""),
    ):
        run(end - before * HOUR)
        expected += [kind] if kind else []
        assert warned(case) == expected


def test_a_run_missed_for_days_loses_none(denise):
    case, end = denise.incident, clock(denise.incident).ends_at
    run(end + timedelta(days=3))
    run(end + timedelta(days=4))

    assert warned(case) == ["clock.over"]
    assert warned(case, COMPLAINT) == ["clock.over"]


def test_a_new_start_warns_again(denise, alice):
    case, end = denise.incident, clock(denise.incident).ends_at
    run(end - 20 * HOUR)
    act("start", case, alice, at=case.opened_at - HOUR)
    run(end - 20 * HOUR)

    assert warned(case) == ["clock.near", "clock.near"]


@pytest.mark.parametrize("verb", ["meet", "waive"])
def test_what_is_settled_does_not_warn(denise, alice, verb):
    case, end = denise.incident, clock(denise.incident).ends_at
    act(verb, case, alice)
    run(end + HOUR)

    assert warned(case) == []
    assert warned(case, COMPLAINT) == ["clock.over"]


def test_taken_up_again_it_warns_of_what_is_still_to_come(denise, alice):
    case, end = denise.incident, clock(denise.incident).ends_at
    run(end - 20 * HOUR)
    act("meet", case, alice)
    act("reopen", case, alice)
    run(end + HOUR)

    assert warned(case) == ["clock.near", "clock.over"]


def test_many_warnings_take_several_runs_and_none_twice(db, monkeypatch):
    monkeypatch.setattr(clock_warnings, "AT_ONCE", 3)
    cases = [file_case().incident for _ in range(4)]
    run(now() + timedelta(days=10))

    for case in cases:
        assert warned(case) == ["clock.over"]
    assert not Clock.objects.filter(running=True).exclude(warn_at=None).exists()


def test_less_than_a_day_left_raises_the_priority_and_no_more_once_it_is_met(db, alice):
    case = file_case(category="virus", inputs={"evolution": "termine"}).incident
    assert row(case).priority > "P2"
    knew, calm = clock(case, COMPLAINT).ends_at, row(case).priority
    run(knew - 30 * HOUR)
    assert row(case).priority == calm
    run(knew - 23 * HOUR)
    assert row(case).priority == "P2"
    assert "horloge_courte" in row(case).assessment["flags"]
    act("meet", case, alice, duty=COMPLAINT, now=knew - 22 * HOUR)

    assert row(case).priority == calm
    assert "horloge_courte" not in row(case).assessment["flags"]


def test_the_periodic_loop_does_it(denise):
    Clock.objects.update(warn_at=now() - HOUR)
    Incident.objects.update(next_due=None)
    for name, _every, step in periodic.STEPS:
        if name in {"clocks", "clock-warnings"}:
            step(now())

    assert warned(denise.incident) == ["clock.near"]
    assert isinstance(clock(denise.incident).warn_at, datetime)
