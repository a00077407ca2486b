"""Clocks as rules: hours are absolute, days and months local; standing and warnings follow the ends."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from csirt.reference.bundle import shipped
from csirt.reference.durations import Duration
from csirt.reference.hours import OpeningHours
from incidents.domain.clocks import ends
from incidents.domain.deadlines import (
    Span,
    Standing,
    Target,
    act,
    acts,
    is_short,
    lead,
    span,
    standing,
    targets,
)

PARIS = ZoneInfo("Europe/Paris")
BUNDLE = shipped()
HOURS = OpeningHours(BUNDLE.service_hours)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2033, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
RULE = BUNDLE.duties["cnil-art33-72h"]
NIS2 = BUNDLE.duties["nis2-art23"]


def over(start, due, calendar):
    return ends(BUNDLE, replace(RULE, due=due, calendar=calendar), start)


@given(MOMENTS, st.integers(0, 2000))
@example(datetime(2026, 10, 24, 12, tzinfo=UTC), 72)  # summer time ends
@example(datetime(2026, 3, 28, 12, tzinfo=UTC), 24)  # and begins
def test_hours_are_elapsed_time_whatever_the_clocks_on_the_wall(start, hours):
    assert over(start, Duration(seconds=hours * 3600), "absolute") - start == timedelta(hours=hours)


@given(MOMENTS, st.integers(1, 24))
@example(datetime(2028, 1, 31, 9, tzinfo=UTC), 1)  # the 29th of February is its last day
@example(datetime(2027, 2, 28, 9, tzinfo=UTC), 12)
@example(datetime(2026, 9, 25, 0, 30, tzinfo=UTC), 1)  # to the day on which an hour comes twice
def test_months_keep_the_day_or_take_the_last_one_and_keep_the_hour_on_the_wall(start, months):
    begun = start.astimezone(PARIS)
    end = over(start, Duration(months=months), "local").astimezone(PARIS)
    month = begun.year * 12 + begun.month - 1 + months

    assert (end.year * 12 + end.month - 1) == month
    following = date(month // 12 + (month % 12 == 11), (month + 1) % 12 + 1, 1)
    assert end.day == min(begun.day, (following - timedelta(days=1)).day)
    back = end.replace(tzinfo=None)
    assert back.time() == begun.replace(tzinfo=None).time()


@given(MOMENTS, st.integers(1, 30))
def test_local_days_keep_the_hour_on_the_wall(start, days):
    begun = start.astimezone(PARIS).replace(tzinfo=None)
    end = over(start, Duration(days=days), "local").astimezone(PARIS).replace(tzinfo=None)

    assert end - begun == timedelta(days=days)


@given(MOMENTS, st.integers(1, 30))
@example(datetime(2026, 4, 3, 9, tzinfo=UTC), 1)  # Good Friday; Easter Monday is a holiday
@example(datetime(2026, 12, 24, 9, tzinfo=UTC), 2)
def test_working_days_skip_week_ends_and_holidays_and_last_to_midnight(start, days):
    end = over(start, Duration(days=days), "ouvres").astimezone(PARIS)
    day, counted = start.astimezone(PARIS).date(), 0
    while day < end.date() - timedelta(days=1):
        day += timedelta(days=1)
        counted += HOURS.is_working_day(day)

    assert counted == days
    assert HOURS.is_working_day(day)
    assert (end.hour, end.minute) == (0, 0)


@given(MOMENTS, MOMENTS, st.sampled_from(["absolute", "local", "ouvres"]))
def test_who_starts_later_ends_no_earlier(one, other, calendar):
    due = Duration(days=3) if calendar != "absolute" else Duration(seconds=72 * 3600)
    first, second = sorted((one, other))

    assert over(first, due, calendar) <= over(second, due, calendar) + timedelta(hours=1)


@given(MOMENTS, st.timedeltas(timedelta(minutes=1), timedelta(days=60)), st.floats(-0.5, 1.5))
def test_a_clock_goes_from_running_to_near_to_late_and_never_back(start, long, share):
    found = Span(start, start + long)
    order = [Standing.RUNNING, Standing.NEAR, Standing.LATE]
    now = start + share * long
    here = order.index(standing(found, now=now))

    assert here <= order.index(standing(found, now=now + timedelta(minutes=10)))
    assert (here == 2) == (now >= found.end)
    assert (here >= 1) == (now >= found.end - lead(start, found.end))
    assert lead(start, found.end) <= min(timedelta(hours=24), long / 3)


@given(MOMENTS, MOMENTS, MOMENTS)
def test_what_is_settled_is_neither_near_nor_late(start, end, now):
    found = Span(min(start, end), max(start, end))

    assert standing(found, now=now, waived=now) == Standing.WAIVED
    assert standing(found, now=now, partial=now) == Standing.PARTIAL
    assert standing(replace(found, met=now), now=now, waived=now) == Standing.MET


def test_a_time_that_is_not_given_or_not_begun_is_said():
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)

    assert standing(Span(now, None), now=now) == Standing.UNTIMED
    assert standing(Span(None, None), now=now) == Standing.AHEAD
    assert standing(Span(None, None), now=now, timed=False) == Standing.UNTIMED


def test_nis_2_is_four_acts_and_the_others_one():
    assert [step for _, step in acts(NIS2)] == [
        "alerte-precoce", "notification", "intermediaire", "rapport-final",
    ]  # fmt: skip
    assert list(acts(RULE)) == [(RULE.id, "")]
    assert act(BUNDLE, "nis2-art23", "") is None
    assert act(BUNDLE, "inventee", "") is None


@given(MOMENTS, MOMENTS)
def test_the_final_report_runs_from_the_notification_alone(knew, sent):
    final = act(BUNDLE, "nis2-art23", "rapport-final")

    assert span(BUNDLE, final, knowledge=knew) == Span(None, None)
    assert span(BUNDLE, final, knowledge=knew, submitted=sent).start == sent
    asked = act(BUNDLE, "nis2-art23", "intermediaire")
    assert span(BUNDLE, asked, knowledge=knew, submitted=sent) == Span(None, None)


@given(MOMENTS, st.sampled_from(["P1", "P2", "P3", "P4"]))
def test_targets_count_opening_time_alone(filed, priority):
    found = targets(
        BUNDLE, priority, state="new", filed_at=filed, answered_at=None, qualified_at=None,
        news_at=None,
    )  # fmt: skip
    wanted = BUNDLE.triage.service_targets.of(priority).first_human

    first = found[Target.FIRST_HUMAN]
    assert HOURS.open_time_between(filed, first.end) == HOURS.opening_time(wanted)
    assert first.end <= found[Target.QUALIFICATION].end
    assert Target.UPDATE not in found


@pytest.mark.parametrize(
    ("due", "left", "short"),
    [
        ("PT72H", 23, True),
        ("PT72H", 25, False),
        ("PT24H", 23, True),
        ("PT1H", 0, False),
        ("P1M", 2, True),
    ],
)
def test_a_short_clock_is_a_long_one_that_is_nearly_over(due, left, short):
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)

    assert is_short(now + timedelta(hours=left), Duration.parse(due), now) == short
