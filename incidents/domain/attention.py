"""What needs somebody first: the order of the queue."""

from datetime import datetime, timedelta
from enum import IntEnum

DAY = timedelta(days=1)


class Attention(IntEnum):
    """Why a case comes first. The smallest number stands on top."""

    DANGER = 0  # somebody may be in danger
    UNTAKEN = 1  # a P1 that nobody took
    UNREAD = 2  # the victim wrote
    CLOCK = 3  # less than a day is left of a legal clock, or it is over and nothing was done
    NONE = 4


def attention(
    *, danger: bool, urgent: bool, taken: bool, unread: bool, due: datetime | None, now: datetime
) -> Attention:
    """Return why a live case comes first. *urgent*: it is a P1; *due*: its next legal clock ends."""
    if danger:
        return Attention.DANGER
    if urgent and not taken:
        return Attention.UNTAKEN
    if unread:
        return Attention.UNREAD
    if due is not None and due <= now + DAY:
        return Attention.CLOCK
    return Attention.NONE
