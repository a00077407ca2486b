"""What is still asked after sending, one page each; and what the victim tells when things change."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from csirt.directory import reference
from csirt.kernel import codes
from csirt.kernel.errors import Invalid
from incidents import queries
from incidents.domain import questions as engine
from incidents.domain.answers import FormError, Refused, read
from incidents.domain.later import RECHECKED
from incidents.domain.lifecycle import State
from incidents.domain.walk import Asked
from incidents.intake import fields
from incidents.intake.door import Visit, visiting
from incidents.intake.fields import Problem
from incidents.intake.places import communes
from incidents.intake.words import Reach, reach
from incidents.models import Report
from incidents.services.answering import answer_later, situation_changed

FILES = "files"  # asked by the panel of evidence
WAYS = {"pire": True, "mieux": False}
OVER = {State.CLOSED, State.REJECTED}


@require_safe
@visiting
def questions(_request: HttpRequest, visit: Visit) -> HttpResponse:
    """Lead to the first question left, or back when there is none."""
    left = open_pages(visit)
    return redirect("intake:later", left[0].id) if left else redirect("intake:followup")


@require_http_methods(["GET", "HEAD", "POST"])
@visiting
def later(request: HttpRequest, visit: Visit, page: str) -> HttpResponse:
    """Ask the questions of one page, or take their answers and lead to the next."""
    found = next((one for one in _pages(visit) if one.id == page), None)
    if found is None:
        raise Http404
    if request.method != "POST":
        return _ask(request, visit, found)
    raw = fields.prepared(found, dict(request.POST.lists()))
    result = engine.validate(
        reference.current(),
        queries.known_answers(visit.case),
        page,
        raw,
        now=visit.now,
        communes=communes,
        stage="after",
        category=visit.case.category,
        flags=_flags(visit),
    )
    if not result.ok:
        return _ask(request, visit, found, raw, result.errors)
    given = {a.question.id: result.answers.get(a.question.id) for a in found.asked}
    answers = {name: answer for name, answer in given.items() if answer is not None}
    answer_later(victim=visit.victim, answers=answers, now=visit.now)
    names = [one.id for one in _pages(visit)]
    after = names[names.index(page) + 1 :] if page in names else []
    left = [one.id for one in open_pages(visit) if one.id in after]
    if left:
        return redirect("intake:later", left[0])
    return redirect(f"{reverse('intake:followup')}?fait=reponses")


@require_http_methods(["GET", "HEAD", "POST"])
@visiting
def situation(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take what got better or worse."""
    if request.method != "POST":
        return _situation(request, visit)
    raw = dict(request.POST.lists())
    errors: list[FormError] = []
    answers: dict[str, object] = {}
    for asked in _rechecked(visit):
        try:
            answer = read(
                asked.question, raw, kind=visit.case.victim_kind, required=False, now=visit.now,
                communes=communes,
            )  # fmt: skip
        except Refused as refused:
            errors.append(refused.error)
            continue
        if answer is not None:
            answers[asked.question.id] = answer
    way = WAYS.get(request.POST.get("sens", ""))
    text = request.POST.get("message", "")
    if way is None or errors:
        return _situation(request, visit, errors, unsaid=way is None)
    said = gettext("Ma situation a changé : c'est pire.") if way else None
    said = said or gettext("Ma situation a changé : c'est mieux.")
    try:
        situation_changed(
            victim=visit.victim,
            token=request.POST.get("envoi", ""),
            worse=way,
            text=f"{said}\n{text.strip()}",
            answers=answers,
            now=visit.now,
        )
    except Invalid as error:
        wrong = gettext(next(iter(error.fields.values()), error.sentence))
        return _situation(request, visit, problem=wrong)
    return redirect(f"{reverse('intake:followup')}?fait=changement")


def open_pages(visit: Visit) -> list[engine.Page]:
    """Return the pages that still hold a question nobody has answered; none once the case is over."""
    if visit.case.state in OVER:
        return []
    return [page for page in _pages(visit) if all(asked.answer is None for asked in page.asked)]


def urgent(visit: Visit) -> list[Reach]:
    """Return whom to call first, by what was answered and by every word of this victim."""
    bundle, case = reference.current(), visit.case
    report = Report.objects.filter(first_incident=case).order_by("filed_at", "pk").first()
    words = [report.text if report else ""]
    words += [one.text for one in queries.conversation(case) if one.from_victim]
    filled = engine.fill(bundle, queries.known_answers(case), now=visit.now, text="\n".join(words))
    return reach(bundle, filled.show_contacts)


def _pages(visit: Visit) -> list[engine.Page]:
    found = engine.pages(
        reference.current(),
        queries.known_answers(visit.case),
        "after",
        category=visit.case.category,
        flags=_flags(visit),
    )
    return [page for page in found if any(a.question.type != FILES for a in page.asked)]


def _flags(visit: Visit) -> list[str]:
    return list(visit.case.assessment.get("flags", []))


def _ask(
    request: HttpRequest,
    visit: Visit,
    page: engine.Page,
    raw: Mapping[str, list[str]] | None = None,
    errors: tuple[FormError, ...] = (),
) -> HttpResponse:
    shown = fields.shown(page, raw, errors)
    context = {
        "action": reverse("intake:later", args=[page.id]),
        "case": visit.case,
        "shown": shown,
        "title": shown.fields[0].label,
        "errors": shown.errors,
    }
    return render(request, "intake/later.html", context)


def _rechecked(visit: Visit) -> list[Asked]:
    kind, known = visit.case.victim_kind, reference.current().questions
    return [
        Asked(known[name], known[name].options_for(kind), required=False, answer=None)
        for name in RECHECKED
        if kind in known[name].kinds
    ]


def _situation(
    request: HttpRequest,
    visit: Visit,
    errors: list[FormError] | None = None,
    *,
    unsaid: bool = False,
    problem: str = "",
) -> HttpResponse:
    page = engine.Page("changement", "after", tuple(_rechecked(visit)))
    raw = dict(request.POST.lists()) if request.method == "POST" else None
    shown = fields.shown(page, raw, errors or ())
    missing = gettext("Dites si c'est mieux ou pire.") if unsaid else ""
    problems = [Problem("sens", missing)] if missing else []
    problems += shown.errors + ([Problem("message", problem)] if problem else [])
    context: dict[str, Any] = {
        "case": visit.case,
        "fields": [replace(field, heading=False) for field in shown.fields],
        "errors": problems,
        "missing": missing,
        "problem": problem,
        "way": request.POST.get("sens", ""),
        "ways": [
            {"value": "pire", "label": gettext("C'est pire")},
            {"value": "mieux", "label": gettext("C'est mieux")},
        ],
        "text": request.POST.get("message", ""),
        "token": request.POST.get("envoi", "") or codes.new_token(),
    }
    return render(request, "intake/situation.html", context)
