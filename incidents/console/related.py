"""Related cases on the case page: each that the reader may see, and why, in words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from csirt.accounts.principals import Person
from csirt.kernel.text import defang_within
from incidents import queries
from incidents.console.forms import PARIS
from incidents.domain.lifecycle import TERMINAL, TRANSITIONS, State
from incidents.models import Incident, Observable, Reason, Relation
from incidents.templatetags.console import shown as value_of

SHOWN = 20  # cases
LONGEST_VALUE = 100  # characters
_STRENGTH = list(Reason)


@dataclass(frozen=True)
class Related:
    """One other case. ``target``: this one may be marked as its duplicate."""

    case: Incident
    state_label: str
    who: str
    reasons: tuple[str, ...]
    target: bool


@dataclass(frozen=True)
class Shown:
    """The closest ones; ``more``: there are others."""

    cases: tuple[Related, ...]
    more: bool


def shown(case: Incident, person: Person, observables: Iterable[Observable]) -> Shown:
    """Return the visible cases that a case already seen is related to, the closest first."""
    by_other: dict[int, list[Relation]] = defaultdict(list)
    for row in queries.related(person, case):
        by_other[row.other_id].append(row)
    for rows in by_other.values():
        rows.sort(key=_strength)
    closest = sorted(
        by_other.values(), key=lambda rows: _strength(rows[0])
    )  # else the newest first
    values = {row.value_digest: value_of(row)[:LONGEST_VALUE] for row in observables}
    joins = person.works_cases and case.state in TRANSITIONS["merge"].sources
    found = [_related(case, rows, values, joins=joins) for rows in closest[:SHOWN]]
    return Shown(tuple(found), more=len(closest) > SHOWN)


def _strength(row: Relation) -> tuple[int, int]:
    return _STRENGTH.index(Reason(row.reason)), -row.score


def _related(
    case: Incident, rows: list[Relation], values: Mapping[str, str], *, joins: bool
) -> Related:
    other = rows[0].other
    name = other.organisation.name if other.organisation else other.organisation_name
    return Related(
        case=other,
        state_label=gettext(State(other.state).label),
        who=defang_within(name) or other.get_victim_kind_display(),
        reasons=tuple(_said(case, row, values) for row in rows),
        target=joins and other.state not in TERMINAL,
    )


def _said(case: Incident, row: Relation, values: Mapping[str, str]) -> str:
    if row.reason == Reason.TEXT:
        return gettext("texte semblable à %(percent)s %%") % {"percent": row.score}
    if row.reason == Reason.PLACE:
        return _place(case, row.other)
    named = [values[digest] for digest in row.shared if digest in values]
    if named:  # none when it came with a duplicate of this case
        said = gettext("même observable : %(values)s") % {"values": ", ".join(named)}
        rest = row.score - len(named)
        more = ngettext("et un autre", "et %(count)s autres", rest) % {"count": rest}
        return f"{said} {more}" if rest else said
    return str(Reason(row.reason).label)


def _place(case: Incident, other: Incident) -> str:
    here, there = (one.opened_at.astimezone(PARIS).date() for one in (case, other))
    days = abs((here - there).days)
    if days == 0:
        return gettext("même commune et même catégorie, le même jour")
    return ngettext(
        "même commune et même catégorie, à un jour",
        "même commune et même catégorie, à %(days)s jours",
        days,
    ) % {"days": days}
