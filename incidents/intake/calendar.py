"""Open or closed, and when a human answers: the service's hours, in moments and in words."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.translation import gettext

from csirt.reference.bundle import Bundle
from csirt.reference.hours import OpeningHours
from incidents.intake.words import NO_BREAK, language

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Now:
    """``until`` is when an open service closes, ``opens`` when a closed one opens again."""

    open: bool
    until: str
    opens: str


@dataclass(frozen=True)
class Promise:
    """When a human answers: ``before`` is empty for who is not promised a moment."""

    desk: Now
    before: str
    late: bool


def desk_now(bundle: Bundle, now: datetime) -> Now:
    """Return whether somebody is at the desk at this moment."""
    hours = OpeningHours(bundle.service_hours)
    closes = hours.closes_at(now)
    return Now(
        open=hours.is_open(now),
        until=clock(closes) if closes else "",
        opens=spoken(hours.next_opening(now), now),
    )


def promise(
    bundle: Bundle, *, priority: str, kind: str, filed_at: datetime, now: datetime
) -> Promise:
    """Return when an analyst answers, by the target of the priority and the opening hours.

    A private person is promised a moment when it cannot wait; 17Cyber answers the others.
    """
    desk = desk_now(bundle, now)
    if kind == "particulier" and priority != "P1":
        return Promise(desk, "", late=False)
    target = bundle.triage.service_targets.of(priority)
    before = OpeningHours(bundle.service_hours).add(filed_at, target.first_human)
    return Promise(desk, spoken(before, now), late=now > before)


def spoken(at: datetime, now: datetime) -> str:
    """Return a moment as one says it: "aujourd'hui à 14 h", "lundi 23 novembre à 9 h 30"."""
    local, today = at.astimezone(PARIS), now.astimezone(PARIS).date()
    if local.date() == today:
        day = gettext("aujourd'hui")
    else:
        number = "1er" if local.day == 1 and language() == "fr" else str(local.day)
        day = f"{dateformat.format(local, 'l')} {number}{NO_BREAK}{dateformat.format(local, 'F')}"
    return gettext("%(day)s à %(hour)s") % {"day": day, "hour": clock(at)}


def clock(at: datetime) -> str:
    """Return the hour of Paris: "9 h 30" in French, "9:30" in English."""
    local = at.astimezone(PARIS)
    if language() == "en":
        return f"{local.hour}:{local:%M}"
    minutes = f"{NO_BREAK}{local:%M}" if local.minute else ""
    return f"{local.hour}{NO_BREAK}h{minutes}"
