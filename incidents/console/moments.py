"""One dated moment of a case: corrected, taken off, put back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts.principals import Person, principal_of
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, DeskError, Invalid, NotAllowed, NotFound
from csirt.web import errors
from incidents import queries
from incidents.console import acts
from incidents.console.access import for_readers
from incidents.console.case import summary
from incidents.console.forms import Returned
from incidents.console.verbs import dated as told
from incidents.console.verbs import version_of
from incidents.domain.zones import OFFERED, zone_of
from incidents.models import DatedEvent, Incident
from incidents.services import dating

FORM = "dater"


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def one(request: HttpRequest, person: Person, case: UUID, dated: UUID) -> HttpResponse:
    """Show a moment's form; posted: keep the correction."""
    found, row = _of(person, case, dated)
    if request.method != "POST":
        return _page(request, found, row, _as_kept(row))
    try:
        dating.redate(
            incident=case,
            event=dated,
            version=version_of(request),
            by=person,
            now=now(),
            **told(request.POST),
        )
    except Invalid as error:
        returned = Returned(FORM, request.POST.dict(), error.fields)
        return _page(request, found, row, returned, error)
    except Conflict as error:
        found, row = _of(person, case, dated)
        return _page(request, found, row, _as_kept(row), error)
    return _to(case)


@require_POST
@for_readers
def remove(request: HttpRequest, person: Person, case: UUID, dated: UUID) -> HttpResponse:
    """Take a moment off the timeline, with the way to put it back."""
    _of(person, case, dated)
    try:
        dating.undate(incident=case, event=dated, version=version_of(request), by=person, now=now())
    except (Invalid, Conflict) as error:
        return acts.back(request, person, case, "", error)
    way = reverse("console-date-again", args=[case, dated])
    acts.offer_undo(request, case, gettext("Moment retiré"), way)
    return _to(case)


@require_POST
@for_readers
def put_back(request: HttpRequest, person: Person, case: UUID, dated: UUID) -> HttpResponse:
    """Put a moment back on the timeline."""
    dating.put_back(incident=case, event=dated, by=person, now=now())
    messages.success(request, gettext("Annulé."))
    return _to(case)


def _of(person: Person, case: UUID, dated: UUID) -> tuple[Incident, DatedEvent]:
    found = queries.get(person, case)
    if not person.works_cases:
        raise NotAllowed
    row = queries.dated(person, found).filter(incident=found, uuid=dated).first()
    if row is None:
        raise NotFound
    return found, row


def _to(case: UUID) -> HttpResponse:
    return redirect(reverse("console-case", args=[case]) + "#timeline-title")


def _as_kept(row: DatedEvent) -> Returned:
    local = row.at.astimezone(zone_of(row.zone)[1])
    hour = {"second": "%H:%M:%S", "minute": "%H:%M"}.get(row.precision, "")
    values = {
        "day": f"{local:%Y-%m-%d}",
        "hour": local.strftime(hour),
        "zone": row.zone,
        "text": row.text,
        "approximate": "oui" if row.approximate else "",
    }
    return Returned(FORM, {f"{FORM}-{name}": value for name, value in values.items()})


def _page(
    request: HttpRequest,
    case: Incident,
    row: DatedEvent,
    returned: Returned,
    error: DeskError | None = None,
) -> HttpResponse:
    context = {
        "principal": principal_of(request),
        "case": case,
        "dated": row,
        "returned": returned,
        "errors": summary(returned),
        "zones": OFFERED,
        "refusal": errors.said(error) if error else "",
        "typed": request.POST.get("dater-text", ""),
    }
    return render(request, "console/dated.html", context, status=error.status if error else 200)
