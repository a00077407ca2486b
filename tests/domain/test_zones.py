"""A moment in the clocks that it was told in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain import zones
from incidents.domain.moments import WrongMoment

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "at", "precision", "kept"),
    [
        (("12/11/2026", "03:00", "Europe/Paris"), "2026-11-12T02:00:00", "minute", "Europe/Paris"),
        (("2026-11-12", "3h", "europe/paris"), "2026-11-12T02:00:00", "minute", "Europe/Paris"),
        (("2026-11-12", "03:00:27", "UTC"), "2026-11-12T03:00:27", "second", "UTC"),
        (("2026-11-12", "", "Asia/Tokyo"), "2026-11-11T15:00:00", "day", "Asia/Tokyo"),
        (("2026-11-12", "23:30", "utc-5"), "2026-11-13T04:30:00", "minute", "UTC-05:00"),
        (("2026-11-12", "03:00", "+0530"), "2026-11-11T21:30:00", "minute", "UTC+05:30"),
        (("2026-10-25", "02:30", "UTC+02:00"), "2026-10-25T00:30:00", "minute", "UTC+02:00"),
        (("2026-10-25", "", "Europe/Paris"), "2026-10-24T22:00:00", "day", "Europe/Paris"),
    ],
)
def test_it_is_read_as_those_clocks_showed_it(typed, at, precision, kept):
    told = zones.read(*typed, now=NOW)

    assert told == zones.Told(datetime.fromisoformat(at).replace(tzinfo=UTC), precision, kept)


@pytest.mark.parametrize(
    ("day", "hour", "zone", "sentence"),
    [
        ("2026-03-29", "02:30", "Europe/Paris", "skipped"),
        ("2026-10-25", "02:30", "Europe/Paris", "twice"),
        ("2026-11-22", "14:00", "Europe/Paris", "to_come"),
        ("2026-11-12", "25:00", "UTC", "hour"),
        ("2026-11-12", "trois heures", "UTC", "hour"),
        ("2026-11-12", "03:00", "Mars/Olympus", "zone"),
        ("2026-11-12", "03:00", "UTC+15", "zone"),
        ("2026-11-12", "03:00", "", "zone"),
    ],
)
def test_what_no_clock_showed_once_is_said(day, hour, zone, sentence):
    with pytest.raises(WrongMoment) as wrong:
        zones.read(day, hour, zone, now=NOW)

    assert str(wrong.value) == zones.ZONE_SENTENCES[sentence]


def test_every_zone_that_is_offered_is_one():
    assert [zones.zone_of(name)[0] for name in zones.OFFERED] == list(zones.OFFERED)


@given(
    minutes=st.integers(0, 3_600_000),  # since 2020, to November 2026
    zone=st.sampled_from(zones.OFFERED),
)
def test_an_hour_that_is_taken_is_the_one_that_was_shown(minutes, zone):
    at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    _name, clocks = zones.zone_of(zone)
    shown = at.astimezone(clocks)
    around = {(at + timedelta(minutes=step)).astimezone(clocks) for step in (-60, -30, 30, 60)}
    twice = shown.replace(tzinfo=None) in {one.replace(tzinfo=None) for one in around}
    typed = f"{shown:%Y-%m-%d}", f"{shown:%H:%M}", zone
    if twice:
        with pytest.raises(zones.WrongHour):
            zones.read(*typed, now=NOW)
    else:
        assert zones.read(*typed, now=NOW).at == at
