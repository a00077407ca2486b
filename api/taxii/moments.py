"""Moments as TAXII writes them, and as clients do.

Inside, a moment is a whole number of milliseconds since 1970 in UTC: that is how ``date_added`` is
kept. It is printed with six digits, the last three of them zero, because OpenCTI keeps three.
"""

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, naive, so that isoformat() writes no offset
LAST = 253_402_300_799_999  # the last millisecond of the year 9999
_MILLISECOND = timedelta(milliseconds=1)
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+\- ])(\d\d:\d\d))", re.ASCII
)


def written(ms: int) -> str:
    """Write *ms* as ``YYYY-MM-DDTHH:MM:SS.mmm000Z``."""
    moment = EPOCH + timedelta(milliseconds=max(0, min(ms, LAST)))
    return moment.isoformat(timespec="microseconds") + "Z"


def read(text: str) -> datetime:
    """Read an RFC 3339 timestamp with any number of fraction digits, at least none.

    An offset may have lost its plus sign to URL decoding. Raises ``ValueError``.
    """
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError("not a timestamp")
    day, clock, fraction, sign, offset = found.groups()
    zone = f"{sign.replace(' ', '+')}{offset}" if offset else "+00:00"
    moment = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '')[:6]:0<6}{zone}")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not in the years 1 to 9999") from error


def milliseconds(moment: datetime) -> int:
    """Return the whole milliseconds from 1970 to *moment*, rounded down."""
    return (moment.replace(tzinfo=None) - EPOCH) // _MILLISECOND


def version(moment: datetime) -> str:
    """Write a version as ``Share.version`` does: milliseconds, or microseconds when it has them."""
    precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
