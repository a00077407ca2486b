"""The one clock. A service is told the time; only the edges read it, here."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time, aware, in UTC, with microseconds."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Write *moment* as RFC 3339 in UTC with microseconds and ``Z`` (journal, TAXII)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
