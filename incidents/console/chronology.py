"""The timeline of a case: the journal's events, and dated moments among them, newest first.

What is asked for, and where a page begins, stand in the address. Pages are keyset, by moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import (  # type: ignore[import-untyped]
    TupleLessThan,
    TupleLessThanOrEqual,
)
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import stamp
from csirt.prepared import Given, prepared
from incidents import kinds, queries
from incidents.console import timeline
from incidents.console.forms import PARIS, instant, is_known
from incidents.console.groups import GROUPS, MOMENTS, kinds_of
from incidents.console.timeline import Line
from incidents.models import DatedEvent, Incident

PAGE = 50  # lines
OTHERS = {"victime": ("victim", _("La victime")), "systeme": ("system", _("Le système"))}
_LAST = 2**62  # a number that no row has: what stands at that very moment, too
_BACK = "#timeline-title"
Rows = TypeVar("Rows", bound=QuerySet[Any])


@dataclass(frozen=True)
class Asked:
    """What the address asks for; an unknown value is as if it were not there."""

    group: str = ""  # one of GROUPS
    whole: bool = False  # readings and what else is quiet, too
    who: str = ""  # a uuid, or one of OTHERS
    since: date | None = None  # days of Paris, both included
    until: date | None = None
    after: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> "Asked":
        """Read the address."""
        group = query.get("groupe", "")
        who = query.get("par", "")
        return cls(
            group=group if group in GROUPS and GROUPS[group].of_cases else "",
            whole=query.get("histoire") == "tout",
            who=who if who in OTHERS or is_uuid(who) else "",
            since=day_of(query.get("du", "")),
            until=day_of(query.get("au", "")),
            after=query.get("apres", ""),
        )

    @property
    def narrowed(self) -> bool:
        """Whether something beside the first page of all is asked for."""
        return bool(self.group or self.who or self.since or self.until or self.after)

    def address(self, after: str = "") -> str:
        """Return the query string of these filters, for the page that begins *after*."""
        pairs = [
            ("groupe", self.group), ("histoire", "tout" if self.whole else ""), ("par", self.who),
            ("du", self.since or ""), ("au", self.until or ""), ("apres", after),
        ]  # fmt: skip
        return "?" + urlencode([pair for pair in pairs if pair[1]]) + _BACK


@dataclass(frozen=True)
class Found:
    """One page of rows, not yet words; ``after`` names its last one when there are more."""

    rows: tuple[Event | DatedEvent, ...]
    after: str

    @property
    def events(self) -> list[Event]:
        return [row for row in self.rows if isinstance(row, Event)]


def find(case: Incident, person: Person, asked: Asked) -> Found:
    """Return the page that is asked for, with two queries at most."""
    rows: list[Event | DatedEvent] = []
    if asked.group != MOMENTS:
        rows += _events(person, asked)(case=case.pk)
    if asked.group in {"", MOMENTS}:
        keys = queries.joined_for(person, case)
        rows += _dated(len(keys), asked)(cases=keys)
    rows.sort(key=_place, reverse=True)
    more = len(rows) > PAGE
    return Found(tuple(rows[:PAGE]), _written(rows[PAGE - 1]) if more else "")


def lines(found: Found, names: dict[str, str]) -> list[Line]:
    """Return the lines of a page; *names* of people and tags, by uuid."""
    return [
        timeline.line(row, names)
        if isinstance(row, Event)
        else Line(row.at, row.text, key=f"m{row.uuid}", dated=row)
        for row in found.rows
    ]


def filters(asked: Asked, people: Iterable[User]) -> dict[str, Any]:
    """Return what the filters' form shows."""
    return {
        "asked": asked,
        "groups": [
            {"value": group.name, "label": group.label}
            for group in GROUPS.values()
            if group.of_cases
        ],
        "who": [{"value": str(user.uuid), "label": str(user)} for user in people]
        + [{"value": name, "label": str(label)} for name, (_actor, label) in OTHERS.items()],
    }


@prepared
def _events(person: Person, asked: Asked) -> QuerySet[Event]:
    events = queries.happened(person, Given("case"))
    if asked.group:
        events = events.filter(kind__in=kinds_of(asked.group))
    elif not asked.whole:
        events = events.exclude(kind__in=timeline.QUIET - {kinds.MESSAGES_READ.name})
    if asked.who:
        events = events.filter(actor=actor_of(asked.who))
    begins = _begins(asked.after)
    if begins:
        at, is_event, key = begins
        events = events.filter(TupleLessThan((F("at"), F("seq")), (at, key if is_event else 0)))
    return within(events, asked.since, asked.until).order_by("-at", "-seq")[: PAGE + 1]


@prepared
def _dated(count: int, asked: Asked) -> QuerySet[DatedEvent]:
    found = queries.dated_of(Given("cases", count=count))
    if asked.who:
        found = found.filter(author__uuid=asked.who) if is_uuid(asked.who) else found.none()
    begins = _begins(asked.after)
    if begins:
        at, is_event, key = begins
        found = found.filter(
            TupleLessThanOrEqual((F("at"), F("pk")), (at, _LAST if is_event else key - 1))
        )
    return within(found, asked.since, asked.until).order_by("-at", "-pk")[: PAGE + 1]


def within(rows: Rows, since: date | None, until: date | None) -> Rows:
    """Return those of *rows* of these days of Paris, both included."""
    if since:
        rows = rows.filter(at__gte=datetime.combine(since, time(), PARIS))
    if until:
        rows = rows.filter(at__lt=datetime.combine(until + timedelta(days=1), time(), PARIS))
    return rows


def actor_of(who: str) -> str:
    """Return how the journal names the person, or one of OTHERS, that an address names."""
    return OTHERS[who][0] if who in OTHERS else f"user:{who}"


def _place(row: Event | DatedEvent) -> tuple[datetime, bool, int]:
    return (row.at, True, row.seq) if isinstance(row, Event) else (row.at, False, row.pk)


def _written(row: Event | DatedEvent) -> str:
    """Name the place of a row, for the page that begins after it."""
    at, is_event, key = _place(row)
    return f"{stamp(at)}_{'e' if is_event else 'm'}{key}"


def _begins(text: str) -> tuple[datetime, bool, int] | None:
    """Read a place back; None when it is none."""
    moment, _sep, key = text.partition("_")
    if key[:1] not in {"e", "m"} or not key[1:].isascii() or not key[1:].isdigit():
        return None
    at = instant(moment)
    return (at, key[0] == "e", int(key[1:18])) if at else None


def day_of(text: str) -> date | None:
    """Read a day of an address; None when it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if is_known(day) else None


def is_uuid(text: str) -> bool:
    """Tell whether *text* is a uuid as addresses write it."""
    try:
        return len(text) == 36 and bool(UUID(text))
    except ValueError:
        return False
