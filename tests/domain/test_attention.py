"""Which case needs somebody first, and which of its clocks is watched."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.attention import DAY, Attention, attention

START = datetime(2026, 11, 1, tzinfo=UTC)
MOMENTS = st.integers(-5 * 24, 5 * 24).map(lambda hours: START + hours * DAY / 24)


@given(st.data())
def test_no_lesser_reason_hides_a_greater_one(data):
    danger, urgent, taken, unread = (data.draw(st.booleans()) for _ in range(4))
    due, at = data.draw(st.none() | MOMENTS), data.draw(MOMENTS)
    reasons = [danger, urgent and not taken, unread, due is not None and due <= at + DAY, True]
    found = attention(danger=danger, urgent=urgent, taken=taken, unread=unread, due=due, now=at)

    assert found == Attention(reasons.index(True))
