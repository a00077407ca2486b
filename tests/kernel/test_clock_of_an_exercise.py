"""The one clock: the world's time, or what a small file says of an exercise's own."""

from datetime import UTC, datetime, timedelta

import pytest

from csirt.kernel import clock

REAL = datetime(2026, 11, 29, 12, tzinfo=UTC)
SHOWN = datetime(2026, 11, 23, 7, 10, tzinfo=UTC)


@pytest.fixture
def file(tmp_path):
    clock.follow(tmp_path / "clock.json")
    yield tmp_path / "clock.json"
    clock.follow(None)


def test_without_a_file_it_is_the_time_of_the_world(file):
    assert abs(clock.now() - clock.real()) < timedelta(seconds=5)
    assert clock.speed() == 1.0


@pytest.mark.parametrize("speed", [0.0, 0.5, 1.0, 60.0])
def test_it_goes_as_fast_as_the_file_says(speed):
    pace = clock.Pace(REAL, SHOWN, speed)

    assert pace.at(REAL + timedelta(minutes=1)) == SHOWN + timedelta(minutes=speed)
    assert pace.at(REAL - timedelta(minutes=1)) == SHOWN  # another machine's clock: never back


def test_a_new_pace_is_seen_at_once_and_in_utc(file):
    clock.write(file, clock.Pace(clock.real(), SHOWN, 0.0))
    assert clock.now() == SHOWN
    assert clock.now().tzinfo is UTC
    assert clock.speed() == 1.0
    clock.write(file, clock.Pace(clock.real(), SHOWN + timedelta(hours=1), 3600.0))
    assert clock.now() >= SHOWN + timedelta(hours=1)
    assert clock.speed() == 3600.0
