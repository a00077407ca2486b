"""A moment told by a log or by somebody, in the clocks that it was told in."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from incidents.domain.moments import TOLERANCE, WrongMoment, read_moment

OFFERED = (
    "Europe/Paris", "UTC", "UTC+01:00", "UTC+02:00", "America/Cayenne", "America/Guadeloupe",
    "America/Martinique", "America/Miquelon", "America/New_York", "America/Los_Angeles",
    "Asia/Shanghai", "Europe/London", "Europe/Moscow", "Indian/Mayotte", "Indian/Reunion",
    "Pacific/Noumea", "Pacific/Tahiti",
)  # fmt: skip
_OFFSET = re.compile(r"(?:UTC|GMT)?([+\-\u2212])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_HOUR = re.compile(r"(\d{1,2})\s*[h:]\s*(\d{2})?(?::(\d{2})(?:\.\d+)?)?", re.IGNORECASE)
_LONGEST = 40  # characters of a name
_MOST = timedelta(hours=14)  # no clock on Earth is further from UTC

ZONE_SENTENCES = {
    "zone": "Écrivez un fuseau de la liste, ou un décalage : UTC+02:00.",
    "hour": "Écrivez l'heure comme ceci : 03:00, ou 03:00:27.",
    "skipped": "Cette heure n'existe pas ce jour-là : les horloges ont avancé.",
    "twice": "Cette heure est passée deux fois ce jour-là. Donnez le décalage : UTC+02:00.",
    "to_come": "Ce moment est à venir. Donnez une date passée.",
}


class WrongZone(WrongMoment):
    """What is wrong is the zone, not the date."""


class WrongHour(WrongMoment):
    """What is wrong is the hour, not the date."""


@dataclass(frozen=True)
class Told:
    """The first instant (UTC) of the second, minute or day that was told, and its zone's name."""

    at: datetime
    precision: str
    zone: str


def read(day: str, hour: str, zone: str, *, now: datetime) -> Told:
    """Read a day, an hour if there is one, and the zone they were told in.

    Raises ``WrongMoment`` (``WrongHour``, ``WrongZone``) for what cannot be read, for an hour that
    clocks skipped or passed twice that day, and for what is to come.
    """
    zone, clocks = zone_of(zone)
    found = read_moment(day, "", now=now)
    date = found.date() if isinstance(found, datetime) else found
    clock, precision = _hour(hour.strip())
    local = datetime.combine(date, clock)
    first, second = (local.replace(tzinfo=clocks, fold=fold).astimezone(UTC) for fold in (0, 1))
    if precision != "day":
        if first.astimezone(clocks).replace(tzinfo=None) != local:
            raise WrongHour(ZONE_SENTENCES["skipped"])
        if first != second:
            raise WrongHour(ZONE_SENTENCES["twice"])
    if first > now + TOLERANCE:
        raise WrongMoment(ZONE_SENTENCES["to_come"])
    return Told(first, precision, zone)


def zone_of(text: str) -> tuple[str, tzinfo]:
    """Return the name under which a zone is kept, and its clocks; raises ``WrongZone``."""
    text = text.strip()
    if name := _named().get(text.lower()):
        return name, ZoneInfo(name)
    match = _OFFSET.fullmatch(text.replace(" ", ""))
    if match is None:
        raise WrongZone(ZONE_SENTENCES["zone"])
    away = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if away > _MOST or int(match[3] or 0) > 59:
        raise WrongZone(ZONE_SENTENCES["zone"])
    sign = "+" if match[1] == "+" else "-"
    name = f"UTC{sign}{int(match[2]):02}:{int(match[3] or 0):02}"
    return name, timezone(away if sign == "+" else -away)


@cache
def _named() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if len(name) <= _LONGEST}


def _hour(text: str) -> tuple[time, str]:
    if not text:
        return time(), "day"
    match = _HOUR.fullmatch(text)
    if match is None:
        raise WrongHour(ZONE_SENTENCES["hour"])
    try:
        clock = time(int(match[1]), int(match[2] or 0), int(match[3] or 0))
    except ValueError:
        raise WrongHour(ZONE_SENTENCES["hour"]) from None
    return clock, "second" if match[3] else "minute"
