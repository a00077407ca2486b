"""The journal as it is searched: who read and did what. What is asked for stands in the address.

A lead reads the events of the cases that they see and those of no case; an analyst the former. Who
administers reads all of them, to audit: of cases identifiers alone, and no fact in a sentence.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.journal.models import Event
from csirt.kernel.text import clean_line
from incidents import queries
from incidents.console import timeline
from incidents.console.chronology import OTHERS, actor_of, day_of, is_uuid, within
from incidents.console.groups import GROUPS, kinds_of
from incidents.console.people import actor_name
from incidents.models import Incident

PAGE = 100  # events


@dataclass(frozen=True)
class Asked:
    """The filters; an unknown value is as if it were not there."""

    who: str = ""
    group: str = ""
    case: str = ""  # a reference, as it was typed
    object: str = ""  # a uuid
    since: date | None = None
    until: date | None = None
    after: int = 0  # the number of the last event of the page before

    @classmethod
    def of(cls, query: QueryDict) -> "Asked":
        """Read the address, or the form that asks for the same as a file."""
        who, group = query.get("par", ""), query.get("groupe", "")
        key, after = query.get("objet", "").strip().lower(), query.get("apres", "")
        return cls(
            who=who if who in OTHERS or is_uuid(who) else "",
            group=group if group in GROUPS else "",
            case=clean_line(query.get("dossier", "")).upper()[:16],
            object=key if is_uuid(key) else "",
            since=day_of(query.get("du", "")),
            until=day_of(query.get("au", "")),
            after=int(after) if after.isascii() and after.isdigit() and len(after) < 18 else 0,
        )

    @property
    def pairs(self) -> dict[str, str]:
        """The filters by their names in the address, those that are not asked for left out."""
        named = {
            "par": self.who,
            "groupe": self.group,
            "dossier": self.case,
            "objet": self.object,
            "du": self.since.isoformat() if self.since else "",
            "au": self.until.isoformat() if self.until else "",
        }
        return {name: value for name, value in named.items() if value}

    def address(self, after: int = 0) -> str:
        """Return the query string, for the page that begins *after* an event."""
        return "?" + urlencode(self.pairs | ({"apres": str(after)} if after else {}))


@dataclass(frozen=True)
class Entry:
    """One event in words. ``case`` is its reference; ``open``: the reader may open it."""

    event: Event
    who: str
    what: str
    case: str
    case_uuid: str
    open: bool


def may_read(person: Person) -> bool:
    """Tell whether somebody has a part of the journal to read."""
    return person.works_cases or person.role == Role.ADMIN


def events(person: Person, asked: Asked) -> QuerySet[Event]:
    """Return what *person* may read of what is asked for, the newest first."""
    found = _readable(person)
    if asked.who:
        found = found.filter(actor=actor_of(asked.who))
    if asked.group:
        found = found.filter(kind__in=kinds_of(asked.group))
    if asked.case:
        # Who may not read its events gets none of them, whether or not there is such a case.
        case = Incident.objects.filter(reference=asked.case).values_list("pk", flat=True).first()
        found = found.filter(incident=case) if case else found.none()
    if asked.object:
        types = [model._meta.label_lower for model in apps.get_models()]
        found = found.filter(object_type__in=types, object_id=asked.object)
    if asked.after:
        found = found.filter(seq__lt=asked.after)
    return within(found, asked.since, asked.until).order_by("-seq")


def _readable(person: Person) -> QuerySet[Event]:
    if not may_read(person):
        return Event.objects.none()
    if person.role == Role.ADMIN:
        return Event.objects.all()
    seen = Exists(queries.visible_to(person).filter(pk=OuterRef("incident")))
    if person.role == Role.LEAD:
        return Event.objects.filter(Q(incident=None) | seen)
    return Event.objects.filter(seen)


def entries(found: Iterable[Event], person: Person) -> list[Entry]:
    """Return events in words, with five queries at most."""
    found = list(found)
    names = timeline.names(found, person)
    keys = {event.incident for event in found if event.incident is not None}
    cases: dict[int, Any] = {
        key: (uuid, reference)
        for key, uuid, reference in Incident.objects.filter(pk__in=keys).values_list(
            "pk", "uuid", "reference"
        )
    }
    said = timeline.sentence if person.works_cases else timeline.bare_sentence
    return [
        Entry(
            event=event,
            who=actor_name(event.actor, names),
            what=said(event, names),
            case=cases[event.incident][1] if event.incident in cases else "",
            case_uuid=str(cases[event.incident][0]) if event.incident in cases else "",
            open=person.works_cases,
        )
        for event in found
    ]
