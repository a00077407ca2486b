"""What the queue's address asks for: a view, and what of it; the same rule for the page's script."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from csirt.accounts.principals import Person
from csirt.directory.models import VictimKind
from csirt.directory.queries import search_organisations
from csirt.directory.search import search_places
from csirt.kernel.clock import now
from csirt.kernel.text import clean_line
from csirt.kernel.tlp import Tlp
from incidents import queries
from incidents.console.finding import Matching, matching
from incidents.console.saved import ENDED, FIRST, LIVE, VIEWS, View
from incidents.domain.attention import DAY
from incidents.live import rows
from incidents.models import HAS_ENDED, IS_LIVE, Incident, Kind, Priority

SIGNS = {
    "danger": _("Danger"),
    "unread": _("La victime a écrit"),
    "restricted": _("Accès restreint"),
}
DUE = {
    "jour": _("Dans les 24 heures"),
    "semaine": _("Dans les sept jours"),
    "passee": _("Dépassée"),
    "aucune": _("Aucune"),
}
_WEEK = timedelta(days=7)
_LONGEST = 80


@dataclass(frozen=True)
class Filters:
    """What the address asks for; an unknown value is as if it were not there.

    ``communes`` and ``organisations`` are what the words typed there mean: codes and UUIDs, None
    where nothing was typed. ``matching``: the cases that have the words of ``text``.
    """

    view: View
    states: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    tlps: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    assignee: str = ""  # uuid, "moi" or "personne"
    department: str = ""
    commune: str = ""
    organisation: str = ""
    category: str = ""
    victim: str = ""
    kind: str = ""
    due: str = ""
    campaign: str = ""  # uuid
    tag: str = ""
    text: str = ""
    after: str = ""
    before: str = ""
    me: Person | None = None
    communes: tuple[str, ...] | None = None
    organisations: tuple[str, ...] | None = None
    matching: Matching | None = field(default=None, compare=False)

    @classmethod
    def of(cls, query: QueryDict, person: Person, *, search: bool = True) -> "Filters":
        """Read the address; *search* false: the cases that have the words are not looked for."""
        view = VIEWS.get(query.get("vue", FIRST), VIEWS[FIRST])
        assignee = query.get("qui", "")
        if assignee not in {"moi", "personne"} and not is_uuid(assignee):
            assignee = ""
        commune = clean_line(query.get("commune", ""))[:_LONGEST]
        organisation = clean_line(query.get("organisation", ""))[:_LONGEST]
        text = clean_line(query.get("texte", ""))[:_LONGEST]
        return cls(
            view=view,
            states=_several(query, "etat", view.states),
            priorities=_several(query, "priorite", Priority.values),
            tlps=_several(query, "tlp", list(Tlp)),
            signs=_several(query, "signe", SIGNS),
            assignee=assignee,
            department=clean_line(query.get("dep", ""))[:3],
            commune=commune,
            organisation=organisation,
            category=clean_line(query.get("categorie", ""))[:40],
            victim=_one(query, "victime", VictimKind.values),
            kind=_one(query, "nature", Kind.values),
            due=_one(query, "echeance", DUE),
            campaign=_campaign(query.get("campagne", ""), person),
            tag=clean_line(query.get("etiquette", "")).lower()[:40],
            text=text,
            after=query.get("apres", ""),
            before=query.get("avant", ""),
            me=person,
            communes=tuple(p.insee for p in search_places(commune)) if commune else None,
            organisations=tuple(
                str(row.uuid) for row in search_organisations(person, organisation).rows
            )
            if organisation
            else None,
            matching=matching(person, text) if text and search else None,
        )

    @property
    def narrowed(self) -> bool:
        """Whether something beside the view is asked for."""
        return any(value for _name, value in self._pairs()[1:])

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

    def _pairs(self) -> list[tuple[str, str]]:
        return [
            ("vue", self.view.name),
            *(("etat", state) for state in self.states),
            *(("priorite", priority) for priority in self.priorities),
            *(("tlp", tlp) for tlp in self.tlps),
            *(("signe", sign) for sign in self.signs),
            ("qui", self.assignee),
            ("dep", self.department),
            ("commune", self.commune),
            ("organisation", self.organisation),
            ("categorie", self.category),
            ("victime", self.victim),
            ("nature", self.kind),
            ("echeance", self.due),
            ("campagne", self.campaign),
            ("etiquette", self.tag),
            ("texte", self.text),
        ]

    def address(self, **other: str) -> str:
        """Return the query string of these filters, some replaced; paging is left out."""
        return "?" + urlencode([pair for pair in [*self._pairs(), *other.items()] if pair[1]])

    def spec(self) -> dict[str, Any]:
        """The same rule as ``narrow``, for the console's own page."""
        return {
            "states": list(self.wanted_states),
            "apart": self.view.apart,
            "priorities": list(self.priorities),
            "tlps": list(self.tlps),
            "signs": list(self.signs),
            "assignee": self.wanted_assignee,
            "department": self.department,
            "communes": self.communes,
            "organisations": self.organisations,
            "category": self.category,
            "victim": self.wanted_victim,
            "kind": self.kind,
            "due": self.due,
            "campaign": self.campaign,
            "tag": self.tag,
            "text": bool(self.text),  # only the server knows the words of a case
        }


def narrow(cases: QuerySet[Incident], filters: Filters) -> QuerySet[Incident]:
    """Return those of *cases* that the filters ask for."""
    # First which index; then what of it is not wanted, which PostgreSQL expects to be little.
    side, states = (IS_LIVE, LIVE) if filters.view.live else (HAS_ENDED, ENDED)
    unwanted = set(states).difference(filters.wanted_states)
    cases = cases.filter(side).exclude(state__in=unwanted)
    if filters.view.live:  # "in", because SQLite uses an index for an equality and not for NOT
        cases = cases.filter(apart__in=[filters.view.apart])
    if filters.wanted_assignee == "personne":
        cases = cases.filter(assignee=None)
    elif filters.me and filters.wanted_assignee == str(filters.me.uuid):
        cases = cases.filter(assignee=filters.me.user_id)  # of its own index: no join decides
    elif filters.wanted_assignee:
        cases = cases.filter(assignee__uuid=filters.wanted_assignee)
    if (
        filters.priorities
    ):  # NOT IN, too: SQLite would skip through the index, and sort all it found
        cases = cases.exclude(priority__in=set(Priority.values).difference(filters.priorities))
    columns = {
        "tlp__in": filters.tlps,
        "category": filters.category,
        "victim_kind": filters.wanted_victim,
        "kind": filters.kind,
        "campaign__uuid": filters.campaign,
        **dict.fromkeys(filters.signs, True),
    }
    cases = cases.filter(**{name: value for name, value in columns.items() if value})
    if filters.due:
        cases = cases.filter(_due(filters.due, now()))
    if filters.tag:
        cases = queries.tagged(cases, [filters.tag])
    if filters.matching is not None:
        cases = cases.filter(pk__in=filters.matching.keys)
    return _placed(cases, filters)


def _placed(cases: QuerySet[Incident], filters: Filters) -> QuerySet[Incident]:
    if filters.department:
        cases = rows.in_department(cases, filters.department)
    if filters.communes is not None:
        cases = rows.in_communes(cases, filters.communes)
    if filters.organisations is not None:
        cases = cases.filter(organisation__uuid__in=filters.organisations)
    return cases


def _due(wanted: str, at: datetime) -> Q:
    return {
        "jour": Q(next_due__gt=at, next_due__lte=at + DAY),
        "semaine": Q(next_due__gt=at, next_due__lte=at + _WEEK),
        "passee": Q(next_due__lte=at),
        "aucune": Q(next_due=None),
    }[wanted]


def _several(query: QueryDict, name: str, known: Any) -> tuple[str, ...]:
    asked = set(query.getlist(name))
    return tuple(str(value) for value in known if str(value) in asked)


def _one(query: Mapping[str, str], name: str, known: Any) -> str:
    value = query.get(name, "")
    return value if value in known else ""


def _campaign(text: str, person: Person) -> str:
    return text if person.works_cases and is_uuid(text) else ""


def is_uuid(text: str) -> bool:
    """Tell whether *text* is a UUID as addresses have it."""
    try:
        UUID(text)
    except ValueError:
        return False
    return len(text) == 36
