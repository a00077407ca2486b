"""The board of clocks: all that run in the cases that one sees, soonest first, a page at a time."""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, QuerySet
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
from incidents.models import Clock, Incident
from incidents.services.loading import bundle_of

PAGE = 50
_ANY = "00000000-0000-0000-0000-000000000000"
_BESIDE = (
    "incident", "incident__organisation", "incident__commune", "incident__assignee",
)  # fmt: skip
_SHOWN = (
    "law", "duty", "step", "verdict", "running", "started_at", "ends_at", "partial_at", "met_at",
    "waived_at", "own_start_at", "own_start_reason", "incident",
)  # fmt: skip
_OF_CASE = (
    "uuid", "reference", "priority", "category", "victim_kind", "organisation_name",
    "reference_version", "organisation__name", "commune__name", "assignee__name",
    "assignee__email",
)  # fmt: skip
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
    found = list(rows[: PAGE + 1])
    english = (get_language() or "fr").startswith("en")
    bundles = {row.incident.reference_version_id: bundle_of(row.incident) for row in found}
    categories = reference.current().categories
    shown, nobody = [], gettext("Personne")
    address = reverse("console-case", args=[_ANY])  # made once, not for each row
    for row in found[:PAGE]:
        case = row.incident
        category = categories.get(case.category)
        shown.append({
            "clock": clock_words.said(bundles[case.reference_version_id], case, row, at),
            "case": case,
            "url": address.replace(_ANY, str(case.uuid)),
            "category": (category.label_en if english else category.label_fr) if category else "",
            "who": _who(case),
            "assignee": str(case.assignee) if case.assignee else nobody,
            "when": _when(row, at),
        })  # fmt: skip
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
        "next": f"?{_kept(kind)}apres={last.ends_at:%Y%m%dT%H%M%S.%f}_{last.pk}" if last else "",
        "later": bool(place),
    }
    return render(request, "console/clock_board.html", context)


def running(person: Person) -> QuerySet[Clock]:
    """Return the clocks that run in the cases that *person* sees, soonest first."""
    seen = queries.visible_to(person).filter(pk=OuterRef("incident"))
    rows = Clock.objects.filter(Exists(seen), running=True).order_by("ends_at", "pk")
    return rows.select_related(*_BESIDE).only(*_SHOWN, *(f"incident__{name}" for name in _OF_CASE))


def _who(case: Incident) -> str:
    if case.organisation:
        return str(case.organisation.name)
    return case.organisation_name or (case.commune.name if case.commune else "")


def _when(row: Clock, at: datetime) -> str:
    """Return under which heading a clock stands."""
    if row.ends_at is None or row.ends_at <= at:
        return "late"
    return "soon" if row.ends_at - at < SHORT else "later"


def _kept(kind: str) -> str:
    return f"de={kind}&" if kind else ""


def _place(text: str) -> tuple[datetime, int] | None:
    """Read where a page begins; None when it is no place."""
    moment, _sep, key = text.partition("_")
    try:
        return datetime.strptime(f"{moment}+0000", "%Y%m%dT%H%M%S.%f%z"), int(key[:18])
    except ValueError:
        return None
