"""Pages of playbooks: the list, one of them, its file, its export."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from csirt.accounts.access import only
from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK, Role
from csirt.kernel.clock import now
from csirt.reference.bundle import LIBRARY
from csirt.reference.playbooks import Playbook
from incidents import queries as cases
from incidents.domain.lifecycle import TERMINAL
from incidents.intake.words import language
from playbooks import exporting, queries
from playbooks.console import learnt, showing
from playbooks.domain import cacao as standard
from playbooks.models import Edition, Run

DESK_ONLY = only(*DESK)


def person_of(request: HttpRequest) -> Person:
    """Return who asks, on a page that only the desk reaches."""
    return Person.of(request.user)  # type: ignore[arg-type]


@require_safe
@DESK_ONLY
def library(request: HttpRequest) -> HttpResponse:
    """List the playbooks. ``?dossier=``: with the way to follow one on that case."""
    return listing(request)


def listing(request: HttpRequest, status: int = 200, **more: object) -> HttpResponse:
    """Draw the list; *more* is what an import that was refused says."""
    person = person_of(request)
    case, followed = None, set()
    try:
        wanted = UUID(request.GET.get("dossier", ""))
    except ValueError:
        pass
    else:
        case = cases.get(person, wanted)
        runs = Run.objects.filter(incident=case, state=Run.State.ATTACHED)
        followed = set(runs.values_list("playbook", flat=True))
    waiting, lessons = queries.waiting(), queries.to_read(person)
    rows: list[dict[str, Any]] = []
    for one in queries.every_in_force():
        shown = showing.book(one.playbook)
        rows.append(
            shown
            | {
                "changed_here": one.changed_here,
                "waiting": waiting.pop(one.playbook.id, 0),
                "lessons": lessons.get(one.playbook.id, 0),
                "followed": one.playbook.id in followed,
            }
        )
    context = {
        "principal": person,
        "rows": rows,
        "new": sorted(waiting),  # proposed, and no version of it is in force
        "case": case,
        "ended": case is not None and case.state in TERMINAL,
        "leads": person.role == Role.LEAD,
        **more,
    }
    return render(request, "playbooks/library.html", context, status=status)


@require_safe
@DESK_ONLY
def playbook(request: HttpRequest, playbook: str) -> HttpResponse:
    """Show one playbook as it is in force, with its versions."""
    person = person_of(request)
    known = queries.in_force(playbook)
    context = {
        "principal": person,
        "in_force": known,
        "may_return": known.changed_here and queries.library_text(playbook) is not None,
        "versions": queries.editions(playbook, person),
        "lessons": learnt.of_playbook(person, playbook),
        "leads": person.role == Role.LEAD,
        **showing.book(known.playbook),
    }
    return render(request, "playbooks/playbook.html", context)


@require_safe
@DESK_ONLY
def file(request: HttpRequest, playbook: str) -> HttpResponse:
    """Give the YAML file of the version in force."""
    return download(queries.in_force(playbook).text, f"{playbook}.yaml", "application/yaml")


@require_safe
@DESK_ONLY
def cacao(request: HttpRequest, playbook: str) -> HttpResponse:
    """Give the version in force as CACAO 2.0, in the language of the screen."""
    known = queries.in_force(playbook)
    return as_cacao(request, known.playbook, known.edition, f"{playbook}.json")


def as_cacao(
    request: HttpRequest,
    playbook: Playbook,
    edition: Edition | None,
    name: str,
    done: standard.Done | None = None,
) -> HttpResponse:
    """Answer with an export."""
    content = exporting.exported(
        playbook,
        edition,
        language=language(),
        schema=request.build_absolute_uri(reverse("playbooks-extension")),
        done=done,
        modified=now() if done else None,
    )
    text = json.dumps(content, ensure_ascii=False, indent=1)
    return download(text, name, standard.MEDIA_TYPE)


def download(text: str, name: str, media_type: str) -> HttpResponse:
    """Answer with a file to keep."""
    response = HttpResponse(text, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def extension(request: HttpRequest) -> HttpResponse:
    """Publish the schema of the extension that exports carry. Public: it says nothing of anybody."""
    text = (LIBRARY.parent / "cacao-extension.json").read_text(encoding="utf-8")
    return HttpResponse(text, content_type="application/schema+json")
