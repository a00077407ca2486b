"""Two entries of the directory that are one body: found, looked at side by side, made one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import Role
from csirt.directory import queries as directory
from csirt.directory.models import Organisation
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.kernel.text import clean_line
from csirt.web import errors
from incidents.console.access import for_desk
from incidents.services.joining import Moved, join_organisations, what_moves


def panel(request: HttpRequest, organisation: Organisation, principal: Principal) -> str:
    """Give a lead the way to make one entry of two."""
    if not isinstance(principal, Person) or principal.role != Role.LEAD:
        return ""
    return render_to_string("console/double_link.html", {"organisation": organisation}, request)


@require_http_methods(["GET", "HEAD", "POST"])
@for_desk
def double(request: HttpRequest, person: Person, organisation: UUID) -> HttpResponse:
    """Look for the other entry, show what it takes with it, and join it to this one."""
    kept = directory.organisation(person, organisation)
    if person.role != Role.LEAD:
        raise NotFound
    if request.method == "POST":
        return _join(request, person, kept)
    other = request.GET.get("avec", "")
    return _page(request, person, kept, _other(person, kept, other) if other else None)


def _join(request: HttpRequest, person: Person, kept: Organisation) -> HttpResponse:
    gone = _other(person, kept, request.POST.get("avec", ""))
    try:
        moved = join_organisations(
            kept=kept.uuid,
            kept_version=_number(request, "version"),
            gone=gone.uuid,
            gone_version=_number(request, "autre"),
            by=person,
            now=now(),
        )
    except (Invalid, Conflict) as error:
        return _page(request, person, kept, gone, errors.said(error), status=error.status)
    said = gettext("« %(name)s » est jointe à cette fiche : %(what)s.")
    messages.success(request, said % {"name": gone.name, "what": ", ".join(_said(moved))})
    return redirect("directory-organisation", organisation=kept.uuid)


def _page(
    request: HttpRequest,
    person: Person,
    kept: Organisation,
    gone: Organisation | None,
    problem: str = "",
    *,
    status: int = 200,
) -> HttpResponse:
    text = clean_line(request.GET.get("q", kept.name))[:200]
    found = directory.search_organisations(person, text) if gone is None else None
    moved = what_moves(gone, person) if gone else None
    context = {
        "principal": person,
        "kept": kept,
        "gone": gone,
        "q": text,
        "found": [row for row in found.rows if row.pk != kept.pk] if found else [],
        "moved": _said(moved) if moved else [],
        "operators": moved.operators if moved else (),
        "errors": [{"text": problem}] if problem else [],
    }
    return render(request, "console/double.html", context, status=status)


def _said(moved: Moved) -> list[str]:
    services = len(moved.operators)
    counted = {
        ngettext("%(count)s contact", "%(count)s contacts", moved.contacts): moved.contacts,
        ngettext("%(count)s accord en cours", "%(count)s accords en cours", services): services,
        ngettext("%(count)s dossier", "%(count)s dossiers", moved.cases): moved.cases,
    }
    found = [words % {"count": count} for words, count in counted.items() if count]
    return [*found, gettext("ses domaines et ses adresses")]


def _other(person: Person, kept: Organisation, text: str) -> Organisation:
    try:
        other = directory.organisation(person, UUID(text))
    except ValueError as error:
        raise NotFound from error
    if other.pk == kept.pk:
        raise NotFound
    return other


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid("Cette page est trop ancienne. Rechargez-la.")
    return int(text)
