"""The queue: saved views, filters and pages, all of them in the address.

Pages are keyset: a page names the row it begins after, so that page 1,000 costs what page 1 does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, IntegerField, QuerySet, Subquery
from django.db.models.fields.tuple_lookups import (  # type: ignore[import-untyped]
    TupleGreaterThan,
    TupleLessThan,
)
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.directory.models import Department, VictimKind
from csirt.kernel.clock import now
from incidents import queries
from incidents.console.people import desk
from incidents.console.saved import ENDED, FIRST, LIVE, VIEWS, View
from incidents.domain.lifecycle import State
from incidents.live import rows
from incidents.models import HAS_ENDED, IS_LIVE, Campaign, Incident, Priority

PAGE = 50
COUNTED = 1000  # beyond, a counter says "1000+"
RETURNED = 20  # ended cases whose victim has written since, shown above the queue


@dataclass(frozen=True)
class Filters:
    """What the address asks for; an unknown value is as if it were not there."""

    view: View
    states: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    assignee: str = ""  # uuid, "moi" or "personne"
    department: str = ""
    category: str = ""
    victim: str = ""
    campaign: str = ""  # uuid
    tag: str = ""
    after: str = ""
    before: str = ""
    me: Person | None = None

    @classmethod
    def of(cls, query: QueryDict, person: Person) -> "Filters":
        """Read the address."""
        view = VIEWS.get(query.get("vue", FIRST), VIEWS[FIRST])
        assignee = query.get("qui", "")
        if assignee not in {"moi", "personne"} and not _is_uuid(assignee):
            assignee = ""
        return cls(
            view=view,
            states=tuple(s for s in view.states if s in query.getlist("etat")),
            priorities=tuple(p for p in Priority.values if p in query.getlist("priorite")),
            assignee=assignee,
            department=query.get("dep", "")[:3],
            category=query.get("categorie", "")[:40],
            victim=query.get("victime", "") if query.get("victime") in VictimKind.values else "",
            campaign=_campaign(query.get("campagne", ""), person),
            tag=query.get("etiquette", "").lower()[:40],
            after=query.get("apres", ""),
            before=query.get("avant", ""),
            me=person,
        )

    @property
    def narrowed(self) -> bool:
        """Whether something beside the view is asked for."""
        return bool(
            self.states
            or self.priorities
            or self.assignee
            or self.department
            or self.category
            or self.victim
            or self.campaign
            or self.tag
        )

    @property
    def wanted_states(self) -> tuple[str, ...]:
        return self.states or self.view.states

    @property
    def wanted_victim(self) -> str:
        return self.view.victim or self.victim

    @property
    def wanted_assignee(self) -> str:
        """The uuid of the person whose cases are asked for, "personne", or nothing."""
        mine = self.view.mine or self.assignee == "moi"
        return str(self.me.uuid) if mine and self.me else self.assignee

    def address(self, **other: str) -> str:
        """Return the query string of these filters, some replaced; paging is left out."""
        pairs = [("vue", self.view.name)]
        pairs += [("etat", state) for state in self.states]
        pairs += [("priorite", priority) for priority in self.priorities]
        pairs += [("qui", self.assignee), ("dep", self.department), ("categorie", self.category)]
        pairs += [("victime", self.victim), ("campagne", self.campaign), ("etiquette", self.tag)]
        return "?" + urlencode([pair for pair in pairs + list(other.items()) if pair[1]])

    def spec(self) -> dict[str, Any]:
        """The same rule as ``narrow``, for the console's own page."""
        return {
            "states": list(self.wanted_states),
            "apart": self.view.apart,
            "priorities": list(self.priorities),
            "assignee": self.wanted_assignee,
            "department": self.department,
            "category": self.category,
            "victim": self.wanted_victim,
            "campaign": self.campaign,
            "tag": self.tag,
        }


def narrow(cases: QuerySet[Incident], filters: Filters) -> QuerySet[Incident]:
    """Return those of *cases* that the filters ask for."""
    # First which index; then what of it is not wanted, which PostgreSQL expects to be little.
    side, states = (IS_LIVE, LIVE) if filters.view.live else (HAS_ENDED, ENDED)
    unwanted = set(states).difference(filters.wanted_states)
    cases = cases.filter(side).exclude(state__in=unwanted)
    if filters.view.live:  # "in", because SQLite uses an index for an equality and not for NOT
        cases = cases.filter(apart__in=[filters.view.apart])
    if filters.priorities:
        cases = cases.filter(priority__in=filters.priorities)
    if filters.wanted_assignee == "personne":
        cases = cases.filter(assignee=None)
    elif filters.wanted_assignee:
        cases = cases.filter(assignee__uuid=filters.wanted_assignee)
    if filters.category:
        cases = cases.filter(category=filters.category)
    if filters.wanted_victim:
        cases = cases.filter(victim_kind=filters.wanted_victim)
    if filters.campaign:
        cases = cases.filter(campaign__uuid=filters.campaign)
    if filters.tag:
        cases = queries.tagged(cases, [filters.tag])
    if filters.department:
        cases = rows.in_department(cases, filters.department)
    return cases


@dataclass(frozen=True)
class Page:
    """One page of rows. ``first`` and ``last``: nothing stands before or after it."""

    rows: list[rows.Row]
    first: bool
    last: bool

    @property
    def before(self) -> str:
        return "" if self.first or not self.rows else place(self.rows[0])

    @property
    def after(self) -> str:
        return "" if self.last or not self.rows else place(self.rows[-1])


def place(row: Mapping[str, Any]) -> str:
    """Name a row's place in the queue: what it is ordered by, and which case it is."""
    return f"{row['priority']}_{row['opened_at']}_{row['id']}"


def page(person: Person, filters: Filters) -> Page:
    """Return one page of the queue, with two queries at most."""
    cases = narrow(queries.visible_to(person), filters)
    key = _place(person, filters.before or filters.after)
    backwards = bool(filters.before and key)
    if key:
        lookup = TupleLessThan if backwards else TupleGreaterThan
        cases = cases.filter(lookup(tuple(F(name) for name in rows.ORDER), key))
    order = [f"-{name}" for name in rows.ORDER] if backwards else list(rows.ORDER)
    found = list(rows.fetch(cases.order_by(*order)[: PAGE + 1]).values())
    more = len(found) > PAGE
    found = found[:PAGE]
    if backwards:
        return Page(found[::-1], first=not more, last=False)
    return Page(found, first=not key, last=not more)


def _place(person: Person, text: str) -> tuple[str, datetime, int] | None:
    """Read a place back; None when it is none, or when its case is gone."""
    priority, _sep, rest = text.partition("_")
    opened, _sep, case = rest.partition("_")
    if priority not in Priority.values or not _is_uuid(case):
        return None
    try:
        moment = datetime.fromisoformat(opened)
    except ValueError:
        return None
    key = queries.visible_to(person).filter(uuid=case).values_list("pk", flat=True).first()
    return None if key is None or moment.tzinfo is None else (priority, moment, key)


class Counted(Subquery):
    """The number of rows of a subquery."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def counts(person: Person) -> dict[str, str]:
    """Return the counters of the live views, capped, with one query."""
    counted = {
        view.name: Counted(
            narrow(queries.visible_to(person), Filters(view, me=person)).values("pk")[: COUNTED + 1]
        )
        for view in VIEWS.values()
        if view.live
    }
    found = User.objects.filter(pk=person.user_id).values_list(*counted.values()).get()
    return {
        name: f"{COUNTED}+" if number > COUNTED else str(number)
        for name, number in zip(counted, found, strict=True)
    }


def returned(person: Person) -> list[rows.Row]:
    """Return the ended cases whose victim has written since, the latest first."""
    cases = queries.visible_to(person).filter(state__in=ENDED, unread=True)
    return list(rows.fetch(cases.order_by("-changed_at")[:RETURNED]).values())


def choices(person: Person, language: str) -> dict[str, list[dict[str, str]]]:
    """Return what the filters offer."""
    categories = reference.current().categories.values()
    people = [
        {"value": str(user.uuid), "label": str(user)} for user in desk() if user.uuid != person.uuid
    ]
    return {
        "department": [
            {"value": department.code, "label": str(department)}
            for department in Department.objects.order_by("code")
        ],
        "category": [
            {
                "value": category.id,
                "label": category.label_en if language == "en" else category.label_fr,
            }
            for category in categories
        ],
        "assignee": people,
        "campaign": campaigns(person),
        "victim": [{"value": value, "label": str(label)} for value, label in VictimKind.choices],
    }


def campaigns(person: Person) -> list[dict[str, str]]:
    """Return every campaign, the open ones first; none for who is not of the desk."""
    found = Campaign.objects.order_by(F("closed_at").asc(nulls_first=True), "name")
    pairs = found.values_list("uuid", "name") if person.works_cases else []
    return [{"value": str(uuid), "label": name} for uuid, name in pairs]


BLANK: rows.Row = {
    "id": "",
    "reference": "",
    "version": 0,
    "state": "new",
    "priority": "P4",
    "title": "",
    "opened": None,
    "url": "",
    "place": "",
}  # what the page's script copies to make a row


def shown(row: rows.Row, language: str) -> rows.Row:
    """Return *row* with the words and addresses that the page shows."""
    opened = datetime.fromisoformat(row["opened_at"])
    until = row["waiting_until"]
    return row | {
        "state_label": gettext(State(row["state"]).label),
        "category_said": row["category_label"][language],
        "why_said": row["why"][language],
        "kind_label": VictimKind(row["victim_kind"]).label,
        "opened": opened,
        "age": age(opened, now()),
        "until": datetime.fromisoformat(until) if until else None,
        "url": reverse("console-case", args=[row["id"]]),
        "place": place(row),
    }


def age(since: datetime, at: datetime) -> str:
    """Say how long ago, in one unit: minutes, hours from 60 minutes, days from 48 hours."""
    minutes = max(0, int((at - since).total_seconds() // 60))
    if minutes < 60:
        return gettext("%s min") % minutes
    if minutes < 48 * 60:
        return gettext("%s h") % (minutes // 60)
    return gettext("%s j") % (minutes // 1440)


def _campaign(text: str, person: Person) -> str:
    return text if person.works_cases and _is_uuid(text) else ""


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return len(text) == 36
