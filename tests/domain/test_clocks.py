"""Legal clocks: from the earliest moment that an answer may mean, to the hour at which they end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csirt.reference.bundle import shipped
from csirt.reference.durations import Duration
from incidents.domain.clocks import earliest, ends

PARIS = ZoneInfo("Europe/Paris")
BUNDLE = shipped()
MONDAY = datetime(2026, 11, 23, 10, 30, tzinfo=PARIS)
THURSDAY = datetime(2026, 11, 26, 10, 30, tzinfo=PARIS)


def midnight(day, month=11):
    return datetime(2026, month, day, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("answer", "filed_at", "expected"),
    [
        ("maintenant", MONDAY, MONDAY),
        ("aujourd_hui", MONDAY, midnight(23)),
        ("aujourd_hui", MONDAY.replace(hour=1), midnight(23)),
        ("hier", MONDAY, midnight(22)),
        ("cette_semaine", THURSDAY, midnight(23)),
        ("cette_semaine", MONDAY, midnight(20)),
        ("2026-11-20", MONDAY, midnight(20)),
        ("2026-11-20T16:25+01:00", MONDAY, datetime(2026, 11, 20, 16, 25, tzinfo=PARIS)),
        ("2026-11-23T10:34+01:00", MONDAY, MONDAY),
        ("avant", MONDAY, None),
        ("nsp", MONDAY, None),
        ("", MONDAY, None),
    ],
)
def test_an_answer_counts_from_the_first_moment_that_it_may_mean(answer, filed_at, expected):
    assert earliest({"quand": answer}, filed_at=filed_at) == expected


def test_no_answer_gives_no_moment():
    assert earliest({}, filed_at=MONDAY) is None
    assert earliest({"quand": ["hier"]}, filed_at=MONDAY) is None


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["maintenant", "aujourd_hui", "hier", "cette_semaine"]),
)
def test_it_is_never_after_the_filing(filed_at, answer):
    assert earliest({"quand": answer}, filed_at=filed_at) <= filed_at


def end(rule, start, **changes):
    over = ends(BUNDLE, replace(BUNDLE.duties[rule], **changes), start)
    return over.astimezone(PARIS) if over else None


def test_seventy_two_hours_are_hours_also_when_the_clocks_change():
    start = datetime(2026, 10, 23, 10, 0, tzinfo=PARIS)  # summer time ends in between

    assert end("cnil-art33-72h", start.astimezone(UTC)) == datetime(2026, 10, 26, 9, tzinfo=PARIS)


def test_two_working_days_end_with_the_second_one():
    friday = datetime(2026, 11, 20, 19, tzinfo=PARIS)

    assert end("plainte-vol", friday) == midnight(25)


def test_a_month_ends_at_the_same_hour_or_on_the_last_day():
    start = datetime(2026, 1, 31, 8, 15, tzinfo=PARIS)
    month = {"calendar": "local", "due": Duration(months=1)}

    assert end("cnil-art33-72h", start, **month) == datetime(2026, 2, 28, 8, 15, tzinfo=PARIS)
    december = end("cnil-art33-72h", datetime(2026, 12, 5, 8, tzinfo=PARIS), **month)
    assert december == datetime(2027, 1, 5, 8, tzinfo=PARIS)


def test_a_duty_without_a_time_has_no_end():
    assert end("rgpd-art34", MONDAY) is None


def test_every_duty_of_the_file_can_be_counted():
    for name in BUNDLE.duties:
        over = end(name, MONDAY)
        assert over is None or MONDAY <= over <= MONDAY + timedelta(days=40), name
