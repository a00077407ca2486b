"""The board of clocks: all that run in the cases that one sees, soonest first, a page at a time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.kernel.clock import now
from incidents import queries
from incidents.console import clock_words
from incidents.console.access import for_readers
from incidents.domain.deadlines import SHORT
from incidents.models import Clock

PAGE = 50
_ANY = "00000000-0000-0000-0000-000000000000"
_OF_CLOCK = ("pk", "duty", "step", "ends_at")
_OF_CASE = {
    "case": F("incident__uuid"),
    "reference": F("incident__reference"),
    "priority": F("incident__priority"),
    "category": F("incident__category"),
    "victim_kind": F("incident__victim_kind"),
    "began_with": F("incident__reference_version"),
    "organisation": F("incident__organisation__name"),
    "organisation_typed": F("incident__organisation_name"),
    "town": F("incident__commune__name"),
    "assignee": F("incident__assignee__name"),
    "assignee_email": F("incident__assignee__email"),
}
KINDS = {"loi": True, "equipe": False}


@require_safe
@for_readers
def board(request: HttpRequest, person: Person) -> HttpResponse:
    """Show a page of the clocks that run. ``?de=loi`` or ``equipe``: those alone."""
    at, kind = now(), request.GET.get("de", "")
    kind, rows = kind if kind in KINDS else "", running(person)
    if kind:
        rows = rows.filter(law=KINDS[kind])
    if place := _place(request.GET.get("apres", "")):
        rows = rows.filter(TupleGreaterThan((F("ends_at"), F("pk")), place))
    found = list(rows.values(*_OF_CLOCK, **_OF_CASE)[: PAGE + 1])
    shown = _shown(found[:PAGE], at)
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "principal": person,
        "rows": shown,
        "tabs": [
            {"label": label, "href": f"?de={name}" if name else "?", "current": name == kind}
            for name, label in (
                ("", gettext("Toutes")),
                ("loi", gettext("De la loi")),
                ("equipe", gettext("De l'équipe")),
            )
        ],
        "next": f"?{_kept(kind)}apres={last['ends_at']:%Y%m%dT%H%M%S.%f}_{last['pk']}"
        if last
        else "",
        "later": bool(place),
    }
    return render(request, "console/clock_board.html", context)


def running(person: Person) -> QuerySet[Clock]:
    """Return the clocks that run in the cases that *person* sees, soonest first."""
    rows = Clock.objects.filter(queries.hangs_under(person), running=True)
    return rows.order_by("ends_at", "pk")


def _shown(rows: Iterable[Mapping[str, Any]], at: datetime) -> list[dict[str, Any]]:
    english = (get_language() or "fr").startswith("en")
    categories, nobody = reference.current().categories, gettext("Personne")
    address = reverse("console-case", args=[_ANY])  # made once, not for each row
    found = []
    for row in rows:
        bundle = reference.begun_with(row["began_with"])
        category = categories.get(row["category"])
        found.append({
            **row,
            "name": clock_words.name_of(row["duty"], row["step"]),
            "title": clock_words.title_of(bundle, row["duty"], row["step"]),
            "left": clock_words.left(row["ends_at"], at),
            "first": clock_words.first_call(row["duty"], row["victim_kind"]),
            "url": address.replace(_ANY, str(row["case"])),
            "category": (category.label_en if english else category.label_fr) if category else "",
            "who": row["organisation"] or row["organisation_typed"] or row["town"] or "",
            "assignee": row["assignee"] or row["assignee_email"] or nobody,
            "when": _when(row["ends_at"], at),
        })  # fmt: skip
    return found


def _when(ends: datetime, at: datetime) -> str:
    """Return under which heading a clock stands."""
    if ends <= at:
        return "late"
    return "soon" if ends - at < SHORT else "later"


def _kept(kind: str) -> str:
    return f"de={kind}&" if kind else ""


def _place(text: str) -> tuple[datetime, int] | None:
    """Read where a page begins; None when it is no place."""
    moment, _sep, key = text.partition("_")
    try:
        return datetime.strptime(f"{moment}+0000", "%Y%m%dT%H%M%S.%f%z"), int(key[:18])
    except ValueError:
        return None
