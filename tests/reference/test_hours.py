"""Opening hours: lunch, nights, week-ends, French holidays, changes of clocks, exceptions."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csirt.reference.bundle import load, shipped
from csirt.reference.durations import Duration
from csirt.reference.hours import OpeningHours, easter

PARIS = ZoneInfo("Europe/Paris")
HOURS = OpeningHours(shipped().service_hours)
NEW_YEAR = datetime.fromisoformat("2025-01-01")
moments = st.datetimes(NEW_YEAR, NEW_YEAR.replace(year=2030)).map(lambda m: m.replace(tzinfo=UTC))
spans = st.timedeltas(timedelta(), timedelta(hours=60))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    "moment, expected",
    [
        ("2026-11-23T08:59:59", False),
        ("2026-11-23T09:00", True),
        ("2026-11-23T12:29:59", True),
        ("2026-11-23T12:30", False),
        ("2026-11-23T13:30", False),
        ("2026-11-23T14:00", True),
        ("2026-11-23T17:30", False),
        ("2026-11-22T10:00", False),  # Sunday
        ("2026-05-14T10:00", False),  # Ascension
        ("2026-05-25T10:00", False),  # Whit Monday
        ("2026-11-11T10:00", False),
        ("2026-04-03T10:00", True),  # Good Friday is worked in Occitanie
        ("2026-12-25T10:00", False),
    ],
)
def test_it_is_open_on_working_days_without_lunch(moment, expected):
    assert HOURS.is_open(at(moment)) is expected


def test_next_opening_skips_the_week_end():
    assert HOURS.next_opening(at("2026-11-20T18:00")) == at("2026-11-23T09:00")


def test_next_opening_is_now_while_open():
    assert HOURS.next_opening(at("2026-11-23T10:10")) == at("2026-11-23T10:10")


def test_it_closes_for_lunch_first():
    assert HOURS.closes_at(at("2026-11-23T10:10")) == at("2026-11-23T12:30")
    assert HOURS.closes_at(at("2026-11-23T12:45")) is None


def test_thirty_minutes_asked_on_friday_evening_end_on_monday():
    assert HOURS.add_open_time(at("2026-11-20T17:15"), timedelta(minutes=30)) == at(
        "2026-11-23T09:15"
    )


def test_time_that_fills_the_interval_ends_with_it():
    assert HOURS.add_open_time(at("2026-11-23T09:00"), timedelta(hours=3.5)) == at(
        "2026-11-23T12:30"
    )


def test_an_opening_day_is_seven_hours():
    assert HOURS.add(at("2026-11-20T16:30"), Duration.parse("P1D")) == at("2026-11-23T16:30")
    assert HOURS.opening_time(Duration.parse("P2DT1H")) == timedelta(hours=15)


def test_opening_hours_count_no_months():
    with pytest.raises(ValueError, match="months"):
        HOURS.opening_time(Duration.parse("P1M"))


@pytest.mark.parametrize(
    "day, utc", [("2026-03-27", 8), ("2026-03-30", 7), ("2026-10-23", 7), ("2026-10-26", 8)]
)
def test_nine_in_paris_follows_the_change_of_clocks(day, utc):
    (opens, _), _ = HOURS.intervals(date.fromisoformat(day))

    assert opens == datetime.fromisoformat(f"{day}T{utc:02}:00+00:00")


def test_open_time_over_a_change_of_clocks_is_the_same():
    week = HOURS.open_time_between(at("2026-03-23T00:00"), at("2026-03-30T00:00"))

    assert week == timedelta(hours=35)


def test_working_days_leave_out_week_ends_and_holidays():
    assert HOURS.add_working_days(date(2026, 5, 13), 2) == date(2026, 5, 18)
    assert HOURS.add_working_days(date(2026, 5, 22), 2) == date(2026, 5, 27)


def test_holidays_have_names():
    assert HOURS.holiday(date(2026, 5, 14)) == "Ascension"
    assert HOURS.holiday(date(2026, 7, 14)) == "Fête nationale"
    assert HOURS.holiday(date(2026, 12, 26)) is None


@pytest.mark.parametrize(
    "year, day",
    [
        (2024, "03-31"),
        (2025, "04-20"),
        (2026, "04-05"),
        (2027, "03-28"),
        (2038, "04-25"),
        (2285, "03-22"),
    ],
)
def test_easter(year, day):
    assert easter(year).isoformat() == f"{year}-{day}"


@pytest.mark.parametrize("year", range(2025, 2060))
def test_there_are_eleven_holidays_unless_two_fall_together(year):
    days = [date(year, 1, 1) + timedelta(n) for n in range(365)]
    named = [day for day in days if HOURS.holiday(day)]
    fixed = {f"{day:%m-%d}" for day in named}

    together = easter(year) + timedelta(39) in {date(year, 5, 1), date(year, 5, 8)}
    assert len(named) == 11 - together
    assert set(HOURS.rules.holidays.fixed) <= fixed


def test_an_exception_replaces_the_usual_hours(texts):
    exceptions = (
        "exceptions:\n"
        '  - {date: "2026-12-24", hours: []}\n'
        '  - {date: "2026-11-28", hours: [["10:00", "11:00"]]}\n'
        '  - {date: "2026-11-11", hours: [["09:00", "12:00"]]}\n'
    )
    rules = texts["service_hours.yaml"].replace("exceptions: []", exceptions)
    hours = OpeningHours(load({**texts, "service_hours.yaml": rules}).service_hours)

    assert hours.next_opening(at("2026-12-23T18:00")) == at("2026-12-28T09:00")
    assert hours.is_open(at("2026-11-28T10:30"))
    assert hours.is_open(at("2026-11-11T10:30"))


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        HOURS.is_open(NEW_YEAR)


def test_time_is_not_counted_backwards():
    with pytest.raises(ValueError, match="backwards"):
        HOURS.add_open_time(at("2026-11-23T10:00"), timedelta(seconds=-1))


@given(moments, spans)
def test_the_time_added_is_the_time_that_passes(start, span):
    end = HOURS.add_open_time(start, span)

    assert end >= start
    assert HOURS.open_time_between(start, end) == span


@given(moments, spans, spans)
def test_adding_twice_is_adding_the_sum(start, first, second):
    once = HOURS.add_open_time(HOURS.add_open_time(start, first), second)

    assert once == HOURS.add_open_time(start, first + second)


@given(moments, moments, moments)
def test_open_time_adds_up(a, b, c):
    a, b, c = sorted((a, b, c))
    b, c = min(b, a + timedelta(90)), min(c, a + timedelta(120))
    b = min(b, c)

    assert HOURS.open_time_between(a, b) + HOURS.open_time_between(b, c) == HOURS.open_time_between(
        a, c
    )
    assert HOURS.open_time_between(c, a) == -HOURS.open_time_between(a, c)


@given(moments)
def test_the_next_opening_is_open_and_nothing_is_open_before(start):
    opening = HOURS.next_opening(start)

    assert HOURS.is_open(opening)
    assert not HOURS.open_time_between(start, opening)
    assert HOURS.is_open(start) == (opening == start) == (HOURS.closes_at(start) is not None)
