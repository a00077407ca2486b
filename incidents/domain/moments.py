"""Dates and times as people type them, read in the time of Paris."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
TOLERANCE = timedelta(minutes=5)  # the clock of somebody else may be fast
OLDEST = timedelta(days=3653)

_DAY_FIRST = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_TIME = re.compile(r"(\d{1,2})\s*(?:[h:]\s*(\d{2})?)(?::\d{2}(?:\.\d+)?)?", re.IGNORECASE)
_MAX = 40

MOMENT_SENTENCES = {
    "write_date": "Écrivez la date comme ceci : 22/11/2026.",
    "write_hour": "Écrivez l'heure comme ceci : 16h25.",
    "no_such_date": "Cette date n'existe pas. Vérifiez le jour et le mois.",
    "to_come": "Cette date est dans l'avenir. Donnez une date déjà passée.",
    "after_filing": "C'est après votre signalement. Vérifiez la date et l'heure.",
    "too_old": "Cette date est trop ancienne. Vérifiez l'année.",
}


class WrongMoment(ValueError):
    """A typed date that cannot be taken; the message is the French sentence for the person."""


def read_moment(day: str, hour: str, *, now: datetime) -> date | datetime:
    """A typed day, and hour if any: an aware datetime, or a date when no hour was given.

    Takes ``22/11/2026``, ``2026-11-22`` and ISO date-times; hours as ``16h25`` or ``16:25``. Raises
    ``WrongMoment`` when it cannot be read, does not exist, is to come or is over ten years old.
    """
    day, hour = day.strip(), hour.strip()
    if len(day) > _MAX or len(hour) > _MAX:
        raise WrongMoment(MOMENT_SENTENCES["write_date"])
    found: date | datetime | None = _iso_moment(day)
    if found is None:
        written, rest = _read_day(day)
        clock = _read_hour(hour or rest)
        found = written if clock is None else datetime.combine(written, clock, tzinfo=PARIS)
    _in_range(found, now)
    return found


def stored(moment: date | datetime) -> str:
    """The form in which an answer keeps it: ISO 8601, with offset when there is an hour."""
    return (
        moment.isoformat(timespec="minutes") if isinstance(moment, datetime) else moment.isoformat()
    )


def restored(text: str) -> date | datetime | None:
    """What ``stored`` wrote, or None for anything else."""
    try:
        if len(text) == len("2026-11-22"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def start_of(moment: date | datetime) -> datetime:
    """The moment itself, or midnight in Paris at the start of a day."""
    return (
        moment if isinstance(moment, datetime) else datetime.combine(moment, time(), tzinfo=PARIS)
    )


def end_of(moment: date | datetime) -> datetime:
    """The moment itself, or midnight in Paris at the end of a day."""
    return moment if isinstance(moment, datetime) else start_of(moment + timedelta(days=1))


def _iso_moment(text: str) -> datetime | None:
    if "T" not in text.upper():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongMoment(MOMENT_SENTENCES["write_date"]) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=PARIS)


def _read_day(text: str) -> tuple[date, str]:
    if match := _ISO_DAY.match(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := _DAY_FIRST.match(text):
        day, month, year = (int(part) for part in match.groups())
    else:
        raise WrongMoment(MOMENT_SENTENCES["write_date"])
    try:
        return date(year, month, day), re.sub(r"^\s*(?:à|a)?\s*", "", text[match.end() :])
    except ValueError:
        raise WrongMoment(MOMENT_SENTENCES["no_such_date"]) from None


def _read_hour(text: str) -> time | None:
    if not text:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise WrongMoment(MOMENT_SENTENCES["write_hour"])
    try:
        return time(int(match[1]), int(match[2] or 0))
    except ValueError:
        raise WrongMoment(MOMENT_SENTENCES["write_hour"]) from None


def _in_range(moment: date | datetime, now: datetime) -> None:
    try:
        begun = start_of(moment).astimezone(PARIS)
    except (OverflowError, ValueError):
        raise WrongMoment(MOMENT_SENTENCES["no_such_date"]) from None
    if begun > now + TOLERANCE:
        raise WrongMoment(MOMENT_SENTENCES["to_come"])
    if begun < now - OLDEST:
        raise WrongMoment(MOMENT_SENTENCES["too_old"])
