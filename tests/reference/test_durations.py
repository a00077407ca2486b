"""ISO 8601 durations keep months, days and time apart."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csirt.reference.durations import Duration


@given(st.builds(Duration, st.integers(0, 99), st.integers(0, 999), st.integers(0, 999_999)))
def test_what_is_written_out_is_read_back_the_same(duration):
    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    "text, expected",
    [
        ("PT0S", Duration()),
        ("PT72H", Duration(seconds=259_200)),
        ("P1M", Duration(months=1)),
        ("PT1M", Duration(seconds=60)),
        ("P2DT1H30M", Duration(days=2, seconds=5400)),
    ],
)
def test_it_reads(text, expected):
    assert Duration.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "3 days", "P1Y", "-PT1H", "PT1.5H", "P1D "]
)
def test_it_refuses(text):
    with pytest.raises(ValueError, match="not a duration"):
        Duration.parse(text)


def test_days_and_hours_are_absolute_and_months_are_not():
    assert Duration.parse("P1DT1H").timedelta == timedelta(hours=25)
    with pytest.raises(ValueError, match="month"):
        _ = Duration.parse("P1M").timedelta
