"""The questions of the follow-up page after closing: shown while a round waits for its answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from csirt.kernel import codes
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.web.errors import said as said_error
from incidents.domain import later_questions
from incidents.domain.lifecycle import State
from incidents.intake.door import Visit, visiting
from incidents.intake.fields import Problem
from incidents.intake.words import said
from incidents.models import FollowUp, Incident
from incidents.services import follow_ups

PREFIX, WORDS, TOKEN, ROUND = "suite-", "suite-mots", "envoi", "suite"


@dataclass(frozen=True)
class Question:
    """One question as the page draws it."""

    name: str
    label: str
    options: list[dict[str, str]]
    value: str
    error: str


def context(
    visit: Visit,
    *,
    row: FollowUp | None = None,
    posted: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what the page asks of this victim now.

    *row*, *posted* and *wrong*: of a form that came back, even when nothing waits any more.
    """
    row = row or follow_ups.waiting(visit.case)
    if row is None:
        return {}
    posted, wrong = posted or {}, wrong or {}
    return {
        "round": row,
        "round_questions": [
            Question(
                name=PREFIX + one.id,
                label=said(one),
                options=[{"value": option.id, "label": said(option)} for option in one.options],
                value=posted.get(PREFIX + one.id, ""),
                error=wrong.get(PREFIX + one.id, ""),
            )
            for one in follow_ups.questions(row, visit.case)
        ],
        "round_token": posted.get(TOKEN) or codes.new_token(),
        "round_words": posted.get(WORDS, ""),
        "round_problem": wrong.get(WORDS, ""),
    }


def answered(case: Incident) -> Iterator[tuple[datetime, list[str]]]:
    """Yield when the victim of a case already seen answered a round, and each question with its answer."""
    rows = FollowUp.objects.filter(incident=case, answered_at__isnull=False)
    for row in rows.order_by("answered_at", "pk"):
        lines = _lines(row, case, row.answers)
        if row.answered_at and lines:
            yield row.answered_at, lines


@require_POST
@visiting
def answer(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take the answers of one round."""
    posted = request.POST.dict()
    try:
        wanted = UUID(posted.get(ROUND, ""))
    except ValueError as error:
        raise NotFound from error
    row = FollowUp.objects.filter(incident=visit.case, uuid=wanted).first()
    if row is None:
        raise NotFound
    asked = follow_ups.questions(row, visit.case)
    given = {one.id: posted[PREFIX + one.id] for one in asked if posted.get(PREFIX + one.id)}
    try:
        follow_ups.answer(
            victim=visit.victim,
            follow_up=wanted,
            answers=given,
            token=posted.get(TOKEN, ""),
            text=posted.get(WORDS, ""),
            now=visit.now,
        )
    except (Invalid, Conflict) as error:
        return _again(request, visit, row, posted, error)
    still = Incident.objects.filter(pk=visit.case.pk, state=State.CLOSED).exists()
    reopened = visit.case.state == State.CLOSED and not still
    return redirect(f"{reverse('intake:followup')}?fait={'rouvert' if reopened else 'suite'}")


def _again(
    request: HttpRequest,
    visit: Visit,
    row: FollowUp,
    posted: Mapping[str, str],
    error: Invalid | Conflict,
) -> HttpResponse:
    """Give the form back; once it is answered, its choices and words in the box of a message."""
    from incidents.intake.followup import page  # that page shows what these questions are about

    found = error.fields if isinstance(error, Invalid) else {}
    if isinstance(error, Conflict) or row.answered_at is not None:
        words, problem = posted.get(WORDS, ""), gettext(found.get("text", error.sentence))
        if isinstance(error, Conflict):
            words = "\n".join([*_chosen(row, visit.case, posted), words]).strip()
        if words.strip() and isinstance(error, Conflict):
            problem += " " + gettext("Votre texte est là : envoyez-le.")
        return page(request, visit, problem=problem, text=words)
    names = {"text": WORDS, "mots": WORDS}
    wrong = {names.get(name, PREFIX + name): gettext(text) for name, text in found.items()}
    problems = [Problem(name, text) for name, text in wrong.items()]
    shown = context(visit, row=row, posted=posted, wrong=wrong)
    errors = problems or [Problem("", said_error(error))]
    return page(request, visit, errors=errors, **shown)


def _chosen(row: FollowUp, case: Incident, posted: Mapping[str, str]) -> list[str]:
    """Return what was chosen, each question with its answer."""
    return _lines(row, case, {key.removeprefix(PREFIX): value for key, value in posted.items()})


def _lines(row: FollowUp, case: Incident, answers: Mapping[str, str]) -> list[str]:
    lines = []
    for question in follow_ups.questions(row, case):
        choice = later_questions.given(question, answers.get(question.id, ""))
        lines += [f"{said(question)} {said(choice)}"] if choice else []
    return lines
