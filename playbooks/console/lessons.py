"""Lessons of cases: proposed below a review, read beside the playbook, taken up in a draft or refused."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from csirt.accounts.principals import Person, Principal
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError, Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean_line
from csirt.web import panels
from csirt.web.errors import said as said_error
from incidents import queries as cases
from incidents.console import timeline
from incidents.intake.words import said
from incidents.models import Incident
from incidents.services.reviewing import OVER
from playbooks import kinds, queries
from playbooks.console.learnt import shown
from playbooks.console.panels import words_of
from playbooks.console.views import DESK_ONLY, person_of
from playbooks.models import Run
from playbooks.services import learning

PLACE = "lecons"


def register() -> None:
    """Fill the slot, and say our events; called when the app is ready."""
    panels.register("console.review", PLACE, "Leçons pour les playbooks", panel)
    sentences = (
        (kinds.LESSON_PROPOSED, _("%(who)s a proposé de changer le playbook %(playbook)s.")),
        (kinds.LESSON_TAKEN, _("%(who)s a publié la leçon dans le playbook %(playbook)s.")),
        (kinds.LESSON_REFUSED, _("%(who)s n'a pas retenu la leçon pour %(playbook)s.")),
        (kinds.LESSON_WITHDRAWN, _("%(who)s a retiré sa leçon pour le playbook %(playbook)s.")),
    )
    for kind, sentence in sentences:
        timeline.tell(kind.name, sentence, words_of)


def panel(request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Draw the lessons of a case, with a form for one more."""
    if not isinstance(principal, Person) or not principal.works_cases:
        return ""
    return _drawn(request, case, principal, {}, {})


def _drawn(
    request: HttpRequest,
    case: Incident,
    person: Person,
    wrong: dict[str, str],
    typed: dict[str, Any],
) -> str:
    context = {
        "case": case,
        "over": case.state in OVER,
        "rows": shown(queries.lessons(person).filter(incident=case)),
        "choices": _choices(case),
        "me": person.user_id,
        "token": codes.new_token(),
        "wrong": wrong,
        "typed": typed,
    }
    return render_to_string("playbooks/lessons/panel.html", context, request)


def _choices(case: Incident) -> list[dict[str, str]]:
    """Return what a lesson may be about: each step of what the case follows, and every playbook."""
    runs = Run.objects.filter(incident=case, state=Run.State.ATTACHED).order_by("attached_at")
    followed = list(runs.values_list("playbook", flat=True))
    found, others = [], []
    for one in queries.every_in_force():
        book = one.playbook
        title = said(book, "title")
        whole = {"value": book.id, "label": gettext("%s : tout le playbook") % title}
        if book.id not in followed:
            others.append(whole)
            continue
        found.append(whole)
        found += [
            {"value": f"{book.id}/{step.id}", "label": f"{title} : {said(step, 'title')}"}
            for step in book.steps
        ]
    return found + others


@require_POST
@DESK_ONLY
def propose(request: HttpRequest, case: UUID) -> HttpResponse:
    """Propose one; a form that is wrong comes back with what was typed."""
    person = person_of(request)
    found = cases.get(person, case)
    playbook, _sep, step = request.POST.get("lecon-about", "").partition("/")
    try:
        learning.propose(
            incident=case, by=person, playbook=clean_line(playbook), step=step,
            text=request.POST.get("lecon-text", ""), token=request.POST.get("envoi", ""), now=now(),
        )  # fmt: skip
    except Invalid as error:
        wrong = {name: gettext(text) for name, text in error.fields.items()}
        typed = {name.removeprefix("lecon-"): text for name, text in request.POST.items()}
        html = _drawn(request, found, person, wrong or {"text": said_error(error)}, typed)
        context = {"case": found, "principal": person, "panel": html}
        return render(request, "playbooks/lessons/again.html", context, status=400)
    messages.success(request, gettext("Proposée : un responsable la lit dans les playbooks."))
    return _to_review(case)


@require_POST
@DESK_ONLY
def withdraw(request: HttpRequest, lesson: UUID) -> HttpResponse:
    """Take one's own back."""
    person = person_of(request)
    row = queries.lessons(person).filter(uuid=lesson).first()
    learning.withdraw(lesson=lesson, by=person, now=now())
    assert row is not None  # the service found it
    return _to_review(row.incident.uuid)


@require_POST
@DESK_ONLY
def refuse(request: HttpRequest, lesson: UUID) -> HttpResponse:
    """Leave one, with a reason."""
    person, reason = person_of(request), request.POST.get("lecon-reason", "")
    row = queries.lessons(person).filter(uuid=lesson).first()
    if row is None:
        raise NotFound
    try:
        learning.refuse(lesson=lesson, by=person, reason=reason, now=now())
    except (NotFound, NotAllowed):
        raise
    except DeskError as error:
        if error.status >= 500:
            raise
        messages.error(request, said_error(error))
        response = redirect("playbook", playbook=row.playbook)
        response["Location"] += f"#lecon-{lesson}"
        return response
    messages.success(request, gettext("Refusée, avec ces raisons."))
    return redirect("playbook", playbook=row.playbook)


def _to_review(case: UUID) -> HttpResponse:
    response = redirect("console-review", case=case)
    response["Location"] += f"#{PLACE}"
    return response
