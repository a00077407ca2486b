"""What is done to the playbooks of a case: attach, detach, and each step.

A form of the panel answers with the panel when htmx sent it, else leads back to the case. What cannot
be done says why, with the status of the refusal.
"""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError, Invalid, NotFound
from csirt.kernel.text import clean_line
from csirt.web.errors import said
from incidents import queries as cases
from incidents.console.access import for_readers
from incidents.console.forms import Returned
from incidents.console.verbs import version_of
from incidents.intake.words import said as words_of
from incidents.models import Incident
from playbooks import queries
from playbooks.console import board, panels, showing
from playbooks.console.views import as_cacao
from playbooks.domain.cacao import Done
from playbooks.domain.steps import Status
from playbooks.models import StepState
from playbooks.services import running, stepping


def _by_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _panel(
    request: HttpRequest, person: Person, case: Incident, refusal: str = "", status: int = 200
) -> HttpResponse:
    return HttpResponse(panels.drawn(request, case, person, refusal), status=status)


@require_POST
@for_readers
def attach(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Follow a playbook on a case."""
    return _on_case(request, person, case, running.attach)


@require_POST
@for_readers
def detach(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Follow it no more, or decline what was proposed."""
    return _on_case(request, person, case, running.detach)


def _on_case(
    request: HttpRequest, person: Person, uuid: UUID, service: Callable[..., object]
) -> HttpResponse:
    case = cases.get(person, uuid)
    try:
        playbook = clean_line(request.POST.get("playbook", ""))
        service(incident=uuid, playbook=playbook, by=person, now=now())
    except NotFound:
        raise
    except DeskError as error:
        if error.status >= 500 or not _by_htmx(request):
            raise
        return _panel(request, person, cases.get(person, uuid), said(error), error.status)
    if _by_htmx(request):
        return _panel(request, person, case)
    return redirect(f"{reverse('console-case', args=[uuid])}#playbooks")


@require_safe
@for_readers
def step(request: HttpRequest, person: Person, step: UUID) -> HttpResponse:
    """Show one step with all that can be said of it."""
    return _page(request, person, queries.step(person, step), Returned())


@require_POST
@for_readers
def state(request: HttpRequest, person: Person, step: UUID) -> HttpResponse:
    """Say how far a step is; the buttons of the panel and the form of its page come here."""
    typed = {name: request.POST.get(name, "") for name in ("state", "reason")}
    return _on_step(request, person, step, "state", stepping.set_state, **typed)


@require_POST
@for_readers
def note(request: HttpRequest, person: Person, step: UUID) -> HttpResponse:
    """Keep a note and the file that shows the step was done."""
    chosen = request.POST.get("evidence", "")
    try:
        evidence = UUID(chosen) if chosen else None
    except ValueError as error:
        raise NotFound from error
    typed = {"note": request.POST.get("note", ""), "evidence": evidence}
    return _on_step(request, person, step, "note", stepping.annotate, **typed)


@require_POST
@for_readers
def role(request: HttpRequest, person: Person, step: UUID) -> HttpResponse:
    """Give a step to another role."""
    chosen = request.POST.get("role", "")
    return _on_step(request, person, step, "role", stepping.assign, role=chosen)


@require_POST
@for_readers
def show(request: HttpRequest, person: Person, step: UUID) -> HttpResponse:
    """Show a step to the victim, or no longer."""
    visible = request.POST.get("visible") == "oui"
    return _on_step(request, person, step, "show", stepping.show, visible=visible)


def _on_step(
    request: HttpRequest,
    person: Person,
    uuid: UUID,
    form: str,
    service: Callable[..., object],
    **typed: object,
) -> HttpResponse:
    row = queries.step(person, uuid)
    case = row.run.incident
    try:
        service(step=uuid, version=version_of(request), by=person, now=now(), **typed)
    except NotFound:
        raise
    except DeskError as error:
        if error.status >= 500:
            raise
        if _by_htmx(request):
            return _panel(request, person, case, said(error), error.status)
        fields = error.fields if isinstance(error, Invalid) else {}
        returned = Returned(form, request.POST.dict(), fields)
        row = queries.step(person, uuid)
        return _page(request, person, row, returned, status=error.status, refusal=said(error))
    if _by_htmx(request):
        return _panel(request, person, case)
    return redirect(f"{reverse('console-case', args=[case.uuid])}#etape-{uuid}")


def _page(
    request: HttpRequest,
    person: Person,
    row: StepState,
    returned: Returned,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    case, at = cases.get(person, row.run.incident.uuid), now()
    assert row.run.edition is not None
    playbook = queries.book_of(row.run.edition)
    context = {
        "principal": person,
        "case": case,
        "row": row,
        "shown": board.one(row, case, at),
        "step": next(
            one
            for phase in showing.book(playbook)["phases"]
            for one in phase.steps
            if one.id == row.step
        ),
        "playbook_title": words_of(playbook, "title"),
        "states": [{"value": s.value, "label": gettext(s.label)} for s in Status],
        "roles": showing.roles(),
        "files": [
            {"value": str(one.uuid), "label": one.name or one.sha256[:12]}
            for one in cases.evidence(person, case)
        ],
        "returned": returned,
        "errors": [{"name": name, "text": gettext(t)} for name, t in returned.errors.items()],
        "works": person.works_cases,
        **more,
    }
    return render(request, "playbooks/step.html", context, status=status)


@require_safe
@for_readers
def cacao(request: HttpRequest, person: Person, run: UUID) -> HttpResponse:
    """Give a run as CACAO 2.0, without its notes and reasons."""
    row = queries.run(person, run)
    assert row.edition is not None
    case = row.incident
    done = Done(
        run=row.uuid,
        name=case.reference,
        tlp=case.tlp,
        steps={one.step: (one.state, one.changed_at, one.role) for one in row.steps.all()},
    )
    name = f"{case.reference}-{row.playbook}.json"
    return as_cacao(request, queries.book_of(row.edition), row.edition, name, done)
