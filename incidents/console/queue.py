"""The queue: saved views, filters and pages, all of them in the address.

Pages are keyset: a page names the row it begins after, so that page 1,000 costs what page 1 does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.fields.tuple_lookups import (  # type: ignore[import-untyped]
    TupleGreaterThan,
    TupleLessThan,
)
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.directory.models import Department, VictimKind
from csirt.kernel.clock import now
from incidents import queries
from incidents.console.filters import Filters, is_uuid, narrow
from incidents.console.forms import instant
from incidents.console.people import desk
from incidents.console.saved import ENDED
from incidents.domain.attention import DAY, Attention
from incidents.domain.lifecycle import State
from incidents.live import rows
from incidents.models import Campaign, Priority

PAGE = 50
COUNTED = 1000  # beyond, a counter says "1000+"
RETURNED = 20  # ended cases whose victim has written since, shown above the queue
DUTIES = {  # in a word; the reference files have whole titles
    "cnil-art33-72h": _("CNIL"),
    "plainte-assurance-72h": _("Plainte, pour l'assurance"),
    "nis2-art23": _("ANSSI (NIS 2)"),
    "plainte-vol": _("Plainte pour vol"),
}
_ATTENTIONS = {str(one.value) for one in Attention}


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
    return f"{row['attention']}_{row['priority']}_{row['opened_at']}_{row['id']}"


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


def _place(person: Person, text: str) -> tuple[int, str, datetime, int] | None:
    """Read a place back; None when it is none, or when its case is gone."""
    attention, _sep, rest = text.partition("_")
    priority, _sep, rest = rest.partition("_")
    opened, _sep, case = rest.partition("_")
    if attention not in _ATTENTIONS or priority not in Priority.values or not is_uuid(case):
        return None
    moment = instant(opened)
    key = queries.visible_to(person).filter(uuid=case).values_list("pk", flat=True).first()
    if key is None or moment is None:
        return None
    return int(attention), priority, moment, key


def counts(person: Person, wanted: Mapping[str, Filters]) -> dict[str, str]:
    """Return the counters of live views, capped, with one query; *wanted* by a name of yours."""
    live = {
        name: _counting(person, filters) for name, filters in wanted.items() if filters.view.live
    }
    if not live:
        return {}
    counted = ", ".join(f"(SELECT COUNT(*) FROM ({sql}) AS c)" for sql, _ in live.values())  # noqa: S608 - Django's own words
    with connection.cursor() as cursor:
        params = [one for _, params in live.values() for one in params]
        cursor.execute(f"SELECT {counted}", params)
        found = cursor.fetchone()
    return {
        name: f"{COUNTED}+" if number > COUNTED else str(number)
        for name, number in zip(live, found, strict=True)
    }


def _counting(person: Person, filters: Filters) -> tuple[str, tuple[Any, ...]]:
    """Return what asks for the cases of *filters*, one more than are counted."""
    written = _written if filters.due else _written_once  # a deadline is counted from an hour
    return written(person, filters, COUNTED + 1)


def _written(person: Person, filters: Filters, most: int) -> tuple[str, tuple[Any, ...]]:
    cases = narrow(queries.visible_to(person), filters).order_by().values("pk")[:most]
    sql, params = cases.query.sql_with_params()
    return sql, tuple(params)


# Django takes longer to write these than the engine takes to answer them.
_written_once = lru_cache(maxsize=1000)(_written)


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
    "due": None,
    "steps": "",
}  # what the page's script copies to make a row


def shown(row: rows.Row, language: str) -> rows.Row:
    """Return *row* with the words and addresses that the page shows."""
    opened = datetime.fromisoformat(row["opened_at"])
    until, at = row["waiting_until"], now()
    return row | {
        "state_label": gettext(State(row["state"]).label),
        "category_said": row["category_label"][language],
        "why_said": row["why"][language],
        "kind_label": VictimKind(row["victim_kind"]).label,
        "where": where(row),
        "opened": opened,
        "age": age(opened, at),
        "due": due(row, language, at),
        "steps": progress(row["progress"]),
        "until": datetime.fromisoformat(until) if until else None,
        "url": reverse("console-case", args=[row["id"]]),
        "place": place(row),
        "pick": gettext("Choisir %s") % row["reference"],
    }


def progress(text: str) -> str:
    """Say how far the steps are: "Pendant 3/12 · Après 0/6"; empty when no playbook is followed."""
    if not text:
        return ""
    during, after = text.split(" ")
    return f"{gettext('Pendant %s') % during} · {gettext('Après %s') % after}"


def where(row: Mapping[str, Any]) -> str:
    """Say the kind of victim and the place: "Commune · Foix (09)"."""
    town = row["town"] if row["town"] != row["who"] else ""
    code = row["department"]
    place = f"{town} ({code})" if town and code else town or code
    return " · ".join(part for part in (str(VictimKind(row["victim_kind"]).label), place) if part)


def due(row: Mapping[str, Any], language: str, at: datetime) -> dict[str, Any] | None:
    """Return the legal clock that ends first, in words; None when none runs."""
    if row["next_due"] is None:
        return None
    end = datetime.fromisoformat(row["next_due"])
    over = end <= at
    said = gettext("dépassée de %s") if over else gettext("dans %s")
    return {
        "at": end,
        "said": said % (age(end, at) if over else age(at, end)),
        "duty": duties(language).get(row["duty"], ""),
        "soon": end <= at + DAY,
    }


def duties(language: str) -> dict[str, str]:
    """Return what each duty is called in the queue."""
    known = reference.current().duties.values()
    titles = {rule.id: rule.title_en if language == "en" else rule.title_fr for rule in known}
    return titles | {name: str(said) for name, said in DUTIES.items()}


def age(since: datetime, at: datetime) -> str:
    """Say how long ago, in one unit: minutes, hours from 60 minutes, days from 48 hours."""
    minutes = max(0, int((at - since).total_seconds() // 60))
    if minutes < 60:
        return gettext("%s min") % minutes
    if minutes < 48 * 60:
        return gettext("%s h") % (minutes // 60)
    return gettext("%s j") % (minutes // 1440)
