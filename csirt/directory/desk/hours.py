"""Opening hours and closed days as admins type them: « 9 h-12 h 30, 14 h-17 h 30 »."""

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from csirt.directory.desk import overlay
from csirt.kernel.errors import Invalid
from csirt.kernel.text import clean, clean_line
from csirt.reference.bundle import shipped
from csirt.reference.hours import in_words
from csirt.reference.service_hours import Week

DAYS = dict(
    zip(
        (day.name for day in fields(Week)),
        (
            _("Lundi"),
            _("Mardi"),
            _("Mercredi"),
            _("Jeudi"),
            _("Vendredi"),
            _("Samedi"),
            _("Dimanche"),
        ),
        strict=True,
    )
)
MOST_DAYS = 366  # of closing, all together: the desk must open again
_CLOCK = re.compile(r"(\d{1,2})\s*(?:h|:)\s*(\d{2})?", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:[\s,;–—-]|\bet\b|\band\b|\bto\b|à)*", re.IGNORECASE)
_DATE = r"(\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d{2}-\d{2})"
_LINE = re.compile(rf"{_DATE}(?:\s*(?:-|–|au|to)\s*{_DATE})?\s*:?\s*(.*)", re.IGNORECASE)
_CLOSED = {"", "fermé", "ferme", "closed"}
_UNREAD = _("Écrivez par exemple « 9 h-12 h 30, 14 h-17 h 30 ».")

Interval = list[str]


def read(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the value; raises ``Invalid`` naming each box that is wrong."""
    wrong: dict[str, str] = {}
    week: list[list[Interval]] = []
    for name in DAYS:
        try:
            week.append(_intervals(clean_line(typed.get(name, ""))))
        except ValueError:
            wrong[name] = _UNREAD
    days = []
    try:
        days = _days(clean(typed.get("days", "")))
    except ValueError as error:
        wrong["days"] = str(error)
    if not wrong and not any(week):
        wrong["mon"] = _("Le service doit ouvrir au moins un jour.")
    if wrong:
        raise Invalid("Ces horaires ne se lisent pas.", fields=wrong)
    return {"week": week, "holidays": typed.get("holidays") == "oui", "days": days}


def shown(value: Mapping[str, Any]) -> dict[str, str]:
    """Return what the boxes hold for *value*."""
    week = {name: _said(day) for name, day in zip(DAYS, value["week"], strict=True)}
    lines = []
    for one in value["days"]:
        first, last = (f"{date.fromisoformat(one[end]):%d/%m/%Y}" for end in ("from", "to"))
        line = first if first == last else f"{first} - {last}"
        lines.append(f"{line} : {_said(one['hours'])}" if one["hours"] else line)
    holidays = "oui" if value["holidays"] else ""
    return {**week, "holidays": holidays, "days": "\n".join(lines)}


def shipped_value() -> dict[str, Any]:
    """Return what the reference files say."""
    rules = shipped().service_hours
    return {
        "week": [[list(interval) for interval in day] for day in rules.weekly.days],
        "holidays": rules.holidays.closed_all,
        "days": [
            {"from": one.date, "to": one.date, "hours": [list(pair) for pair in one.hours]}
            for one in rules.exceptions
        ],
    }


def preview(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how the week reads, in both languages."""
    rules = overlay.hours(shipped().service_hours, value)
    return [
        (gettext("En français"), in_words(rules, "fr")),
        (gettext("En anglais"), in_words(rules, "en")),
    ]


def _intervals(text: str) -> list[Interval]:
    """Read the hours of a day; raises ``ValueError``."""
    if text.lower() in _CLOSED:
        return []
    if not _BETWEEN.fullmatch(_CLOCK.sub(" ", text)):
        raise ValueError(text)
    at = [f"{int(hour):02}:{minute or '00'}" for hour, minute in _CLOCK.findall(text)]
    if (
        not at
        or len(at) % 2
        or at != sorted(set(at))
        or any(one > "23:59" or one[3] > "5" for one in at)
    ):
        raise ValueError(text)
    return [list(pair) for pair in zip(at[::2], at[1::2], strict=True)]


def _days(text: str) -> list[dict[str, Any]]:
    """Read one day or one stretch of days a line; raises ``ValueError`` with a sentence."""
    found: list[dict[str, Any]] = []
    known: set[date] = set()
    for line in filter(str.strip, text.splitlines()):
        match = _LINE.fullmatch(line.strip())
        try:
            if match is None:
                raise ValueError(line)  # noqa: TRY301 - the same sentence as below
            first = _date(match[1])
            last = _date(match[2]) if match[2] else first
            hours = _intervals(match[3])
        except ValueError as error:
            raise ValueError(_("Une ligne ne se lit pas. Écrivez « 24/12/2026 ».")) from error
        if last < first or (last - first).days >= MOST_DAYS:
            raise ValueError(_("Un jour de fin vient avant son début, ou bien trop tard."))
        stretch = set(overlay.days(first.isoformat(), last.isoformat()))
        if known & stretch:
            raise ValueError(_("Un jour est écrit deux fois."))
        known |= stretch
        if len(known) > MOST_DAYS:
            raise ValueError(_("Trop de jours. Effacez ceux qui sont passés."))
        found.append({"from": first.isoformat(), "to": last.isoformat(), "hours": hours})
    return sorted(found, key=lambda one: str(one["from"]))


def _date(text: str) -> date:
    if "-" in text:
        found = date.fromisoformat(text)
    else:
        day, month, year = map(int, text.split("/"))
        found = date(year, month, day)
    if not 2000 <= found.year < 2100:
        raise ValueError(text)
    return found


def _said(day: list[Interval]) -> str:
    return ", ".join("-".join(_clock(at) for at in interval) for interval in day)


def _clock(at: str) -> str:
    return f"{int(at[:2])} h {at[3:]}".removesuffix(" 00")
