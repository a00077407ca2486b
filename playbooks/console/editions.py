"""One version of a playbook: its page, its file, and what is decided of it."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import truncatechars
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory import reference
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError, Invalid, NotFound
from csirt.reference.bundle import read_playbook
from csirt.web.errors import said
from incidents.console.chronology import is_uuid
from playbooks import queries
from playbooks.console import forms, learnt, showing
from playbooks.console.refusals import explained
from playbooks.console.views import DESK_ONLY, download, person_of
from playbooks.models import Edition
from playbooks.services import editing


@require_http_methods(["GET", "HEAD", "POST"])
@DESK_ONLY
def edition(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Show one version and what it changes; one's own draft as a form, which a POST keeps."""
    person = person_of(request)
    row = queries.edition(person, edition)
    if request.method != "POST":
        return _page(request, row)
    playbook = read_playbook(row.text)
    try:
        editing.save(
            edition=edition,
            version=forms.version_of(request.POST),
            by=person,
            playbook=forms.typed_head(playbook, request.POST),
            now=now(),
        )
    except NotFound:
        raise
    except DeskError as error:
        values = dict(request.POST.items()) | {"victim_kinds": request.POST.getlist("victim_kinds")}
        return refused(request, row, error, values=values)
    messages.success(request, gettext("Le brouillon est gardé."))
    return redirect("playbook-edition", edition=edition)


def refused(request: HttpRequest, row: Edition, error: DeskError, **more: object) -> HttpResponse:
    """Show the page again and say why; what the loader found stands below."""
    if error.status >= 500:
        raise error
    fields = error.fields if isinstance(error, Invalid) else {}
    context: dict[str, Any] = {
        "refusal": said(error),
        "problems": explained(getattr(error, "problems", ())),
        "wrong": {name: gettext(text) for name, text in fields.items()},
        "errors": [{"name": name, "text": gettext(text)} for name, text in fields.items()],
        **more,
    }
    return _page(request, row, status=error.status, **context)


def _page(request: HttpRequest, row: Edition, status: int = 200, **more: object) -> HttpResponse:
    person = person_of(request)
    playbook = read_playbook(row.text)
    draft = row.state == Edition.State.DRAFT
    try:
        current = queries.in_force(row.playbook)
    except NotFound:
        current = None
    old = current.playbook if current else None
    if row.state == Edition.State.PUBLISHED and row.base is not None:
        old = queries.book_of(row.base)
    elif row.state == Edition.State.PUBLISHED:
        library = reference.shipped().playbooks.get(row.playbook)
        old = library if row.origin != Edition.Origin.FILE or library else None
    context: dict[str, Any] = {
        "principal": person,
        "edition": row,
        "draft": draft,
        "in_force": current is not None and current.edition == row,
        "decides": person.role == Role.LEAD and row.state == Edition.State.PROPOSED,
        "new": old is None,
        "changes": showing.compared(old, playbook),
        "losses": showing.losses(row.lost),
        "victim_kinds": forms.kinds(),
        "values": forms.head_values(playbook),
        **_lessons(row, person),
        **showing.book(playbook),
    }
    context |= more
    return render(request, "playbooks/edition.html", context, status=status)


def _lessons(row: Edition, person: Person) -> dict[str, Any]:
    """Return the lessons at hand beside a draft, and those that any other version takes up."""
    if row.state != Edition.State.DRAFT:
        return {"taken": learnt.of_edition(person, row)}
    found = learnt.of_playbook(person, row.playbook)
    choices = [
        {
            "value": str(one.row.uuid),
            "label": f"{one.row.incident.reference} {one.about}".strip(),
            "hint": truncatechars(one.row.text, 160),
        }
        for one in found
    ]
    return {"waiting": found, "lesson_choices": choices, "chosen": []}


@require_safe
@DESK_ONLY
def text(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Give the YAML file of one version."""
    row = queries.edition(person_of(request), edition)
    return download(row.text, f"{row.playbook}.yaml", "application/yaml")


@require_POST
@DESK_ONLY
def propose(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Hand a draft to the leads."""
    done, note = gettext("Proposée : un responsable décide."), request.POST.get("note", "")
    chosen = request.POST.getlist("lessons")
    found = [UUID(one) for one in chosen if is_uuid(one)]
    return _decide(
        request, edition, editing.propose, done, {"chosen": chosen}, note=note, lessons=found
    )


@require_POST
@DESK_ONLY
def publish(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Put a proposed version in force."""
    done = gettext("Publiée : les prochains dossiers la suivent.")
    return _decide(request, edition, editing.publish, done)


@require_POST
@DESK_ONLY
def refuse(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Send a proposed version back."""
    done, reason = gettext("Refusée, avec ces raisons."), request.POST.get("reason", "")
    return _decide(request, edition, editing.refuse, done, reason=reason)


def _decide(
    request: HttpRequest,
    edition: UUID,
    service: Callable[..., object],
    done: str,
    again: Mapping[str, object] | None = None,
    **typed: Any,
) -> HttpResponse:
    """Call *service* with what was *typed*, or show the page again; *again*: what it shows beside."""
    person = person_of(request)
    row = queries.edition(person, edition)
    try:
        version = forms.version_of(request.POST)
        service(edition=edition, version=version, by=person, now=now(), **typed)
    except NotFound:
        raise
    except DeskError as error:
        return refused(request, row, error, **typed, **(again or {}))
    messages.success(request, done)
    return redirect("playbook-edition", edition=edition)
