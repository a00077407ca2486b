"""When a step is due: hours as they pass, days and months on the wall, opening time when it says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from csirt.reference.bundle import shipped
from csirt.reference.durations import Duration
from csirt.reference.hours import OpeningHours
from playbooks.domain.steps import Starts, due_at

PARIS = ZoneInfo("Europe/Paris")
BUNDLE = shipped()
HOURS = OpeningHours(BUNDLE.service_hours)
STEP = BUNDLE.playbooks["faux-rib-fovi"].phases.during[0]
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2033, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def due(start, wanted, clock="calendar", due_from="shown"):
    step = replace(STEP, due=wanted, clock=clock, due_from=due_from)
    return due_at(step, Starts(shown=start), HOURS)


@given(MOMENTS, st.integers(1, 100_000))
@example(datetime(2026, 10, 24, 12, tzinfo=UTC), 36 * 3600)  # summer time ends
@example(datetime(2026, 3, 28, 12, tzinfo=UTC), 24 * 3600)  # and begins
def test_hours_are_elapsed_time_whatever_the_clocks_on_the_wall(start, seconds):
    assert due(start, Duration(seconds=seconds)) - start == timedelta(seconds=seconds)


@given(MOMENTS, st.integers(1, 60), st.integers(0, 7200))
@example(datetime(2028, 2, 28, 9, tzinfo=UTC), 1, 0)  # the 29th of February
@example(datetime(2026, 10, 24, 12, tzinfo=UTC), 1, 3600)
def test_days_keep_the_hour_on_the_wall_and_then_come_the_hours(start, days, seconds):
    on_the_wall = start.astimezone(PARIS).replace(tzinfo=None) + timedelta(days=days)
    day = on_the_wall.replace(tzinfo=PARIS, fold=start.astimezone(PARIS).fold)

    found = due(start, Duration(days=days, seconds=seconds))
    assert found.astimezone(UTC) == day.astimezone(UTC) + timedelta(seconds=seconds)


@given(MOMENTS, st.integers(1, 8 * 3600))
@example(datetime(2026, 12, 24, 16, tzinfo=UTC), 4 * 3600)  # Christmas in between
@example(datetime(2026, 4, 3, 15, tzinfo=UTC), 3600)  # Easter Monday
def test_opening_time_alone_counts_where_the_step_says_so(start, seconds):
    found = due(start, Duration(seconds=seconds), "opening")

    assert HOURS.open_time_between(start, found) == timedelta(seconds=seconds)


@given(MOMENTS, MOMENTS, st.sampled_from([*BUNDLE.playbooks.values()]))
def test_every_shipped_step_that_begins_later_is_due_no_earlier(one, other, playbook):
    first, second = sorted((one, other))
    for step in playbook.steps:
        early, late = (
            due_at(step, Starts(shown=at, resolution=at, duty=at), HOURS) for at in (first, second)
        )
        if step.due is None:
            assert early is late is None
        else:
            assert early <= late + timedelta(hours=1)  # of an hour that comes twice
            assert early >= first


@given(MOMENTS, st.sampled_from(["resolution", "duty"]))
def test_a_step_is_due_by_no_other_start_than_its_own(start, due_from):
    assert due(start, Duration(seconds=60), due_from=due_from) is None
