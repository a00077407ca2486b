"""One's own draft of a playbook: begun, its steps changed in a form, moved, taken out, thrown away."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from csirt.directory import reference
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError, NotFound
from csirt.reference.bundle import read_playbook
from csirt.reference.playbooks import Playbook
from csirt.web.errors import said
from playbooks import queries
from playbooks.console import forms
from playbooks.console.editions import refused
from playbooks.console.forms import Problem
from playbooks.console.views import DESK_ONLY, person_of
from playbooks.domain.shaping import fresh_id, moved, phase_of, with_step, without_step
from playbooks.models import Edition
from playbooks.services import editing

NEW = "nouvelle"


@require_POST
@DESK_ONLY
def begin(request: HttpRequest, playbook: str) -> HttpResponse:
    """Begin a draft from the version in force, or go on with one's own."""
    row = editing.begin(playbook=playbook, by=person_of(request), now=now())
    return redirect("playbook-edition", edition=row.uuid)


@require_POST
@DESK_ONLY
def take_library(request: HttpRequest, playbook: str) -> HttpResponse:
    """Propose the text of the library again."""
    row = editing.take_library(playbook=playbook, by=person_of(request), now=now())
    return redirect("playbook-edition", edition=row.uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@DESK_ONLY
def step(request: HttpRequest, edition: UUID, which: str) -> HttpResponse:
    """Show one step of one's own draft as a form; a POST keeps it."""
    row, playbook = _own(request, edition)
    known = next((one for one in playbook.steps if one.id == which), None)
    if known is None and which != NEW:
        raise NotFound
    values = forms.step_values(playbook, known)
    if request.method != "POST":
        return _step_page(request, row, which, values)
    name = known.id if known else fresh_id(playbook, reference.current())
    phase, place = request.POST.get("phase", ""), -1
    values = forms.posted_values(request.POST)
    try:
        phase, typed = forms.typed_step(name, request.POST)
        changed = with_step(playbook, phase, typed)
        place = [one.id for one in changed.phases.of(phase)].index(name)
        _keep(request, row, changed)
    except forms.Refused as refused:
        return _step_page(request, row, which, values, status=400, problems=refused.problems)
    except NotFound:
        raise
    except DeskError as error:
        if error.status >= 500:
            raise
        found = forms.about(getattr(error, "problems", ()), phase, place)
        return _step_page(
            request, row, which, values, status=error.status, problems=found, refusal=said(error)
        )
    messages.success(request, gettext("L'étape est gardée dans votre brouillon."))
    return redirect("playbook-edition", edition=edition)


def _own(request: HttpRequest, edition: UUID) -> tuple[Edition, Playbook]:
    row = queries.edition(person_of(request), edition)
    if row.state != Edition.State.DRAFT:
        raise NotFound
    return row, read_playbook(row.text)


def _keep(request: HttpRequest, row: Edition, playbook: Playbook) -> None:
    editing.save(
        edition=row.uuid,
        version=forms.version_of(request.POST),
        by=person_of(request),
        playbook=playbook,
        now=now(),
    )


def _step_page(
    request: HttpRequest,
    row: Edition,
    which: str,
    values: dict[str, Any],
    *,
    status: int = 200,
    problems: list[Problem] | None = None,
    refusal: str = "",
) -> HttpResponse:
    problems = problems or []
    context = {
        "principal": person_of(request),
        "edition": row,
        "which": which,
        "new": which == NEW,
        "values": values,
        "wrong": {one.name: one.text for one in problems if one.name},
        "problems": [one.text for one in problems if not one.name],
        "errors": [{"name": one.name, "text": one.text} for one in problems if one.name],
        "refusal": refusal,
        "choices": forms.choices(values["source"]),
    }
    return render(request, "playbooks/draft_step.html", context, status=status)


@require_POST
@DESK_ONLY
def order(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Move a step of one's own draft earlier or later, or take it out."""
    row, playbook = _own(request, edition)
    what, _sep, which = request.POST.get("move", "").partition(":")
    try:
        phase_of(playbook, which)
    except KeyError as error:
        raise NotFound from error
    changes: dict[str, Callable[[], Playbook]] = {
        "earlier": lambda: moved(playbook, which, -1),
        "later": lambda: moved(playbook, which, 1),
        "out": lambda: without_step(playbook, which),
    }
    if what not in changes:
        raise NotFound
    try:
        _keep(request, row, changes[what]())
    except NotFound:
        raise
    except DeskError as error:
        return refused(request, row, error)
    response = redirect("playbook-edition", edition=edition)
    response["Location"] += f"#etape-{which}" if what != "out" else "#etapes"
    return response


@require_POST
@DESK_ONLY
def discard(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Throw one's own draft away."""
    person = person_of(request)
    row = queries.edition(person, edition)
    editing.discard(edition=edition, version=forms.version_of(request.POST), by=person)
    messages.success(request, gettext("Le brouillon est jeté."))
    try:
        queries.in_force(row.playbook)
    except NotFound:
        return redirect("playbooks")
    return redirect("playbook", playbook=row.playbook)
