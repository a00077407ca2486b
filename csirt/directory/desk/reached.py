"""How the desk is reached, and when: what admins set, else the settings of the process."""

import re
from dataclasses import dataclass

from django.conf import settings

from csirt.directory import reference
from csirt.directory.desk import values
from csirt.reference.hours import in_words
from csirt.reference.messages import fill

_AN_HOUR = re.compile(r"(?<=\d) (?=h\b)|(?<=\bh) (?=\d\d\b)")  # the spaces of "9 h 30"


@dataclass(frozen=True)
class Numbers:
    """The desk's telephone, with a word about it in both languages, and its mail address."""

    phone: str
    email: str
    note_fr: str = "Appel gratuit"
    note_en: str = "Free call"


def numbers() -> Numbers:
    """Return how the desk is reached now."""
    found = values.known().values.get("numbers")
    return Numbers(**found) if found else from_settings()


def from_settings() -> Numbers:
    """Return how the desk is reached when no admin has said so."""
    return Numbers(settings.DESK_PHONE, settings.DESK_EMAIL)


def when(language: str) -> str:
    """Return one sentence: what a call costs, and when somebody answers."""
    one = numbers()
    note = one.note_en if language == "en" else one.note_fr
    hours = in_words(reference.current().service_hours, language)
    hours = _AN_HOUR.sub("\N{NO-BREAK SPACE}", hours)
    return f"{note}, {hours}." if note else f"{hours[:1].upper()}{hours[1:]}."


def page_text(page: str, language: str) -> str:
    """Return what admins wrote for a page (``texts.PAGES``), filled in; empty when there is nothing."""
    found = values.known().values.get(f"page.{page}")
    if not found:
        return ""
    known = {
        "numero": numbers().phone,
        "service": settings.DESK_NAME,
        "heures_ouverture": in_words(reference.current().service_hours, language),
    }
    return fill(found["en" if language == "en" else "fr"], known)
