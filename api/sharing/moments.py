"""Moments as STIX has them here."""

from datetime import UTC, datetime


def milliseconds(moment: datetime) -> str:
    """Write a moment as STIX has it here: RFC 3339, UTC, whole milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"


def whole_hour(moment: datetime) -> str:
    """Write the hour that a moment lies in: what partners may know of when."""
    return milliseconds(moment.replace(minute=0, second=0, microsecond=0))
