"""The filters of a search, as rules on cases: French and English, by names that people know."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK
from csirt.directory import reference
from csirt.directory.models import Department, VictimKind
from incidents.console.forms import PARIS, is_known
from incidents.console.saved import ENDED, LIVE
from incidents.domain.asked import Filter
from incidents.domain.lifecycle import State
from incidents.domain.words import fold, words
from incidents.live import rows
from incidents.models import Campaign, Incident, Priority
from incidents.queries import tagged, tags

_DAY = timedelta(days=1)
_GROUPS = {"ouvert": LIVE, "open": LIVE, "live": LIVE, "termine": ENDED, "ended": ENDED}
_NOBODY = "nobody"
_COLUMNS = {
    "state": "state", "priority": "priority", "category": "category", "victim": "victim_kind",
    "campaign": "campaign__uuid",
}  # fmt: skip


@dataclass
class Narrowing:
    """What the filters of one question come to. ``refused`` are those that mean nothing."""

    rules: list[Callable[[QuerySet[Incident]], QuerySet[Incident]]] = field(default_factory=list)
    since: datetime | None = None
    until: datetime | None = None  # not included
    refused: list[str] = field(default_factory=list)

    def apply(self, cases: QuerySet[Incident]) -> QuerySet[Incident]:
        """Return those of *cases* that all filters ask for."""
        for rule in self.rules:
            cases = rule(cases)
        return cases


def narrowing(filters: Iterable[Filter], person: Person) -> Narrowing:
    """Return the rules of *filters*. The same filter twice: either; two filters: both."""
    found = Narrowing()
    wanted: dict[str, list[str]] = {}
    for one in filters:
        if one.about in {"since", "until"}:
            _date(found, one)
            continue
        values = _VALUES[one.about](one.value, person)
        if not values:
            found.refused.append(one.written)
        wanted.setdefault(one.about, []).extend(values)
    for about, values in wanted.items():
        found.rules.append(_rule(about, list(dict.fromkeys(values))))
    return found


def _rule(about: str, values: list[str]) -> Callable[[QuerySet[Incident]], QuerySet[Incident]]:
    if about == "department":
        return lambda cases: reduce(or_, (rows.in_department(cases, code) for code in values))
    if about == "assignee":
        theirs = Q(assignee__uuid__in=[value for value in values if value != _NOBODY])
        nobodys = Q(assignee=None) if _NOBODY in values else Q(pk=None)
        return lambda cases: cases.filter(theirs | nobodys)
    if about == "tag":
        return lambda cases: tagged(cases, values)
    return lambda cases: cases.filter(**{f"{_COLUMNS[about]}__in": values})


def _date(found: Narrowing, one: Filter) -> None:
    """Keep the cases opened from the beginning of a day on, or before it, by the clocks of Paris."""
    moment = _day(one.value)
    if moment is None:
        found.refused.append(one.written)
    elif one.about == "since":
        found.since = moment
        found.rules.append(lambda cases: cases.filter(opened_at__gte=moment))
    else:
        found.until = moment
        found.rules.append(lambda cases: cases.filter(opened_at__lt=moment))


def _day(text: str) -> datetime | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        with suppress(ValueError):
            day = datetime.strptime(text, form).replace(tzinfo=PARIS)
            return day if is_known(day) else None
    return None


def bounds(found: Narrowing) -> tuple[int | None, int | None]:
    """Return between which primary keys the cases of these days lie: (from, below), not exactly.

    Cases are numbered as they are filed; a day is left on either side for those that were not.
    """
    cases = Incident.objects.all()
    first = last = None
    if found.since:
        later = cases.filter(opened_at__gte=found.since - _DAY).order_by("opened_at", "pk")
        first = later.values_list("pk", flat=True).first() or 2**62
    if found.until:
        earlier = cases.filter(opened_at__lt=found.until + _DAY).order_by("-opened_at", "-pk")
        last = (earlier.values_list("pk", flat=True).first() or 0) + 1
    return first, last


def _states(value: str, _person: Person) -> list[str]:
    if fold(value) in _GROUPS:
        return list(_GROUPS[fold(value)])
    return _named(value, {state.value: state.label for state in State})


def _priorities(value: str, _person: Person) -> list[str]:
    return [one for one in Priority.values if one.lower() in {value.lower(), f"p{value}"}]


def _departments(value: str, _person: Person) -> list[str]:
    known = dict(Department.objects.values_list("code", "name"))
    code = value.upper().zfill(2)
    return [code] if code in known else _named(value, known)


def _people(value: str, person: Person) -> list[str]:
    plain = _plain(value)
    if plain in {"moi", "me"}:
        return [str(person.uuid)]
    if plain in {"personne", "nobody"}:
        return [_NOBODY]
    named = User.objects.filter(role__in=DESK).values_list("uuid", "name")
    return [str(uuid) for uuid, name in named if plain and f" {plain}" in f" {_plain(name)}"]


def _categories(value: str, _person: Person) -> list[str]:
    known = reference.current().categories.values()
    return _named(value, {one.id: one.label_fr for one in known}) or _named(
        value, {one.id: one.label_en for one in known}
    )


def _victims(value: str, _person: Person) -> list[str]:
    with translation.override("fr"):
        labels = {kind.value: str(kind.label) for kind in VictimKind}
    return _named(value, labels)


def _campaigns(value: str, person: Person) -> list[str]:
    """Campaigns are the desk's: to others no word names one."""
    known = Campaign.objects.values_list("uuid", "name") if person.works_cases else []
    return _named(value, {str(uuid): name for uuid, name in known})


def _tags(value: str, person: Person) -> list[str]:
    plain = _plain(value.lstrip("#"))
    return [name for name in tags(person).values_list("name", flat=True) if _plain(name) == plain]


def _plain(text: str) -> str:
    return " ".join(fold(word) for word in text.split())


def _named(value: str, labels: dict[str, str]) -> list[str]:
    """Return the ids that *value* names: the id itself, or all its words stand in the label."""
    if value.lower() in labels:
        return [value.lower()]
    asked = set(words([value]))
    return [
        name
        for name, label in labels.items()
        if asked and asked <= set(words([label, gettext(label)]))
    ]


_VALUES: dict[str, Callable[[str, Person], list[str]]] = {
    "state": _states,
    "priority": _priorities,
    "department": _departments,
    "assignee": _people,
    "category": _categories,
    "victim": _victims,
    "campaign": _campaigns,
    "tag": _tags,
}
