"""Filling the desk's own words: placeholders in braces, from a fixed list, and nothing else.

No template language: what stands in a value is never read again, and any other brace stays.
"""

from collections.abc import Mapping

from csirt.reference.bundle import Bundle
from csirt.reference.messages import PLACEHOLDER, placeholders_in
from csirt.reference.service_hours import Intervals, ServiceHours

DAYS_FR = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with each ``{name}`` of *values* replaced, once; what is unknown or empty stays."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], "") or found[0], text)


def left(bundle: Bundle, text: str) -> list[str]:
    """Return the placeholders that somebody still has to complete, in order of the list."""
    found = placeholders_in(text)
    return [one.id for one in bundle.messages.placeholders if one.id in found]


def hours_in_words(hours: ServiceHours, language: str) -> str:
    """Return the weekly opening hours, days of the same hours together: ``lundi-vendredi 9 h-12 h``."""
    names, joiner = (DAYS_EN, " and ") if language == "en" else (DAYS_FR, " et ")
    runs: list[tuple[int, int, Intervals]] = []
    for day, intervals in enumerate(hours.weekly.days):
        if not intervals:
            continue
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == intervals:
            runs[-1] = (runs[-1][0], day, intervals)
        else:
            runs.append((day, day, intervals))
    said = []
    for first, last, intervals in runs:
        days = names[first] if first == last else f"{names[first]}-{names[last]}"
        spans = ("-".join(_clock(at, language) for at in interval) for interval in intervals)
        said.append(f"{days} {joiner.join(spans)}")
    return ", ".join(said)


def _clock(at: str, language: str) -> str:
    if language == "en":
        return at.removeprefix("0")
    hour, _sep, minute = at.partition(":")
    return f"{int(hour)} h" if minute == "00" else f"{int(hour)} h {minute}"
