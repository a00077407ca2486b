"""Versions of a playbook: a draft in a form, a file that comes in, what a lead decides."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csirt.accounts.roles import Role
from csirt.directory import reference
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError, Invalid, NotFound
from csirt.reference.bundle import read_playbook
from csirt.reference.playbooks import Playbook
from csirt.web.errors import said
from playbooks import queries
from playbooks.console import forms, showing
from playbooks.console.forms import Problem
from playbooks.console.views import DESK_ONLY, download, listing, person_of
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


@csrf_exempt
def import_file(request: HttpRequest) -> HttpResponse:
    """Draft the playbook of a file; what the loader refuses comes back with line and field.

    The site takes no file: this one is kept in memory, which must be said before anything reads the
    form, the CSRF check included. It is made right after.
    """
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    return _import_file(request)


@csrf_protect
@require_POST
@DESK_ONLY
def _import_file(request: HttpRequest) -> HttpResponse:
    sent = request.FILES.get("fichier")
    if sent is None:
        missing = gettext("Choisissez un fichier.")
        return listing(request, status=400, problems=[missing], errors=_summary([], missing))
    try:
        content = sent.read(editing.LARGEST_FILE + 1)
        row = editing.import_file(
            name=sent.name or "", content=content, by=person_of(request), now=now()
        )
    except Invalid as error:
        problems = list(getattr(error, "problems", ()))
        return listing(request, status=400, problems=problems, errors=_summary([], said(error)))
    return redirect("playbook-edition", edition=row.uuid)


def _summary(problems: list[Problem], refusal: str = "") -> list[dict[str, str]]:
    """Return the list above a form: each leads to its field, or to the file when it is of none."""
    found = [{"name": "fichier", "text": refusal}] if refusal else []
    return found + [{"name": one.name, "text": one.text} for one in problems if one.name]


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
        return _refused(request, row, error, values=values)
    messages.success(request, gettext("Le brouillon est gardé."))
    return redirect("playbook-edition", edition=edition)


def _refused(request: HttpRequest, row: Edition, error: DeskError, **more: object) -> HttpResponse:
    """Show the page again and say why; what the loader found stands below."""
    if error.status >= 500:
        raise error
    fields = error.fields if isinstance(error, Invalid) else {}
    context: dict[str, Any] = {
        "refusal": said(error),
        "problems": list(getattr(error, "problems", ())),
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
        library = reference.current().playbooks.get(row.playbook)
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
        "kinds": forms.kinds(),
        "values": forms.head_values(playbook),
        **showing.book(playbook),
    }
    context |= more
    return render(request, "playbooks/edition.html", context, status=status)


@require_safe
@DESK_ONLY
def text(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Give the YAML file of one version."""
    row = queries.edition(person_of(request), edition)
    return download(row.text, f"{row.playbook}.yaml", "application/yaml")


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
        "errors": _summary(problems),
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
        return _refused(request, row, error)
    response = redirect("playbook-edition", edition=edition)
    response["Location"] += f"#etape-{which}" if what != "out" else "#etapes"
    return response


def _decide(
    request: HttpRequest, edition: UUID, act: Callable[[], object], done: str
) -> HttpResponse:
    row = queries.edition(person_of(request), edition)
    try:
        act()
    except NotFound:
        raise
    except DeskError as error:
        return _refused(request, row, error, note=request.POST.get("note", ""))
    messages.success(request, done)
    return redirect("playbook-edition", edition=edition)


@require_POST
@DESK_ONLY
def propose(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Hand a draft to the leads."""

    def act() -> object:
        return editing.propose(
            edition=edition,
            version=forms.version_of(request.POST),
            by=person_of(request),
            note=request.POST.get("note", ""),
            now=now(),
        )

    return _decide(request, edition, act, gettext("Proposée : un responsable décide."))


@require_POST
@DESK_ONLY
def publish(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Put a proposed version in force."""

    def act() -> object:
        return editing.publish(
            edition=edition,
            version=forms.version_of(request.POST),
            by=person_of(request),
            now=now(),
        )

    return _decide(request, edition, act, gettext("Publiée : les prochains dossiers la suivent."))


@require_POST
@DESK_ONLY
def refuse(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Send a proposed version back."""

    def act() -> object:
        return editing.refuse(
            edition=edition,
            version=forms.version_of(request.POST),
            by=person_of(request),
            reason=request.POST.get("reason", ""),
            now=now(),
        )

    return _decide(request, edition, act, gettext("Refusée, avec ces raisons."))


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
