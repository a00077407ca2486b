"""A report taken on the phone: the public form's questions, on two pages, for who is on a call.

People who repeat a task fast may have several questions on a page. The first page asks who calls
and what happens; the second, with the first gestures to read out, everything else on that path.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.kernel import codes
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import Conflict, Invalid
from csirt.kernel.text import clean_line
from csirt.reference.bundle import Bundle
from csirt.web import errors as said_errors
from incidents.console.access import for_desk
from incidents.domain import questions as engine
from incidents.domain.answers import Answer, FormError
from incidents.domain.walk import Asked
from incidents.intake import bodies, confirmation, fields, sending
from incidents.intake.calendar import promise
from incidents.intake.panels import SHOWN, TICKS, Told
from incidents.intake.places import communes
from incidents.intake.words import language, reach
from incidents.intake.words import said as said_in
from incidents.models import Channel
from incidents.services import gestures
from incidents.services.filing import Filed, Submission, file_report

FIRST = ("danger", "qui", "quoi")  # the pages asked first: the rest of the path follows from them
FORM = "appel"
LANGUAGES = (("fr", _("Français")), ("en", _("Anglais")))


@require_http_methods(["GET", "HEAD", "POST"])
@for_desk
def file(request: HttpRequest, person: Person) -> HttpResponse:
    """Ask, in two pages; file what they hold, and say the reference and the code, once."""
    bundle, now = reference.current(), read_clock()
    if request.method != "POST":
        return _show(request, person, _first(bundle, {}), {}, token=codes.new_token())
    token = request.POST.get("token", "")
    held, again = _held(bundle, request, now)
    asked = _rest(bundle, held) if again else _first(bundle, held)
    raw = fields.prepared(asked, _posted(request))
    answers, wrong = _read(bundle, held, asked, raw, now)
    if wrong:
        return _show(request, person, asked, held, token=token, raw=raw, wrong=wrong, now=now)
    if not again:
        return _show(request, person, _rest(bundle, answers), answers, token=token, now=now)
    shown = _shown(bundle, request, now)
    try:
        filed = file_report(
            token=token,
            submission=_submission(bundle, bodies.named(answers), request, now),
            now=now,
            by=person,
            gestures=shown,
        )
    except (Invalid, Conflict) as error:
        said = {"": said_errors.said(error)}
        return _show(
            request,
            person,
            asked,
            held,
            token=token,
            raw=raw,
            said=said,
            status=error.status,
            now=now,
        )
    return _told(request, person, filed, now)


def _held(bundle: Bundle, request: HttpRequest, now: datetime) -> tuple[dict[str, Answer], bool]:
    """Return the first page's answers, which the second page carries; and whether this is it."""
    text = request.POST.get("reponses", "")
    if not text:
        return {}, False
    try:
        answers, _ = sending.unpacked(bundle, text, now)
    except sending.Unreadable as some:
        answers = some.answers
    first = {q.id for q in bundle.intake.questions if q.page in FIRST}
    kept = {name: answer for name, answer in answers.items() if name in first}
    return kept, all(name in kept for name in first)


def _first(bundle: Bundle, answers: Mapping[str, Answer]) -> engine.Page:
    """Return who calls and what happens, every choice offered: who calls is not known yet."""
    found = [q for q in bundle.intake.questions if q.page in FIRST and q.stage == "before"]
    return engine.Page(
        "qui",
        "before",
        tuple(Asked(q, q.options, required=True, answer=answers.get(q.id)) for q in found),
    )


def _rest(bundle: Bundle, answers: Mapping[str, Answer]) -> engine.Page:
    """Return what else is asked on this path, as one page."""
    pages = [page for page in engine.pages(bundle, answers) if page.id not in FIRST]
    return engine.Page("suite", "before", tuple(a for page in pages for a in page.asked))


def _read(
    bundle: Bundle,
    held: Mapping[str, Answer],
    shown: engine.Page,
    raw: Mapping[str, list[str]],
    now: datetime,
) -> tuple[dict[str, Answer], tuple[FormError, ...]]:
    """Read the questions shown, page by page of the form, as if they had been asked so."""
    answers = dict(held)
    wrong: list[FormError] = []
    for name in dict.fromkeys(asked.question.page for asked in shown.asked):
        if engine.page(bundle, answers, name) is None:
            continue  # the page before it was refused
        result = engine.validate(bundle, answers, name, raw, now=now, communes=communes)
        wrong += result.errors
        if result.ok:
            answers = result.answers
    return answers, tuple(wrong)


def _submission(
    bundle: Bundle, answers: dict[str, Answer], request: HttpRequest, now: datetime
) -> Submission:
    told = sending.submission_of(bundle, answers, language=_spoken(request), now=now)
    stated = {flag for flag in request.POST.getlist("flags") if flag in flags(bundle)}
    return replace(
        told,
        flags=tuple(sorted({*told.flags, *stated})),
        contact_name=clean_line(request.POST.get("nom", ""))[:120],
        channel=Channel.PHONE.value,
    )


def _spoken(request: HttpRequest) -> str:
    """Return the language of who calls, which may not be that of the screen."""
    text = request.POST.get("langue", "")
    return text if text in sending.LANGUAGES else sending.LANGUAGES[0]


def flags(bundle: Bundle) -> dict[str, tuple[str, str]]:
    """Return the facts that only a conversation brings out, with their French and English words."""
    return {f.id: (f.fr, f.en) for f in bundle.triage.flags if f.set_by in {"answer", "analyst"}}


def _shown(bundle: Bundle, request: HttpRequest, now: datetime) -> list[gestures.Shown]:
    """Return the first gestures that stood on the second page, those ticked read out or done."""
    category = request.POST.get(SHOWN, "")
    if category not in bundle.categories:
        return []
    return [gestures.shown_now(bundle, category, request.POST.getlist(TICKS), now)]


def _posted(request: HttpRequest) -> dict[str, list[str]]:
    return {key: [str(v) for v in values] for key, values in request.POST.lists()}


def _show(
    request: HttpRequest,
    person: Person,
    asked: engine.Page,
    held: Mapping[str, Answer],
    *,
    token: str,
    raw: Mapping[str, list[str]] | None = None,
    wrong: tuple[FormError, ...] = (),
    said: Mapping[str, str] | None = None,
    status: int = 200,
    now: datetime | None = None,
) -> HttpResponse:
    bundle = reference.current()
    second = asked.id == "suite"
    drawn = fields.shown(asked, raw, wrong)
    errors: list[Any] = [*drawn.errors, *({"name": n, "text": t} for n, t in (said or {}).items())]
    english = (get_language() or "fr").startswith("en")
    context: dict[str, Any] = {
        "principal": person,
        "fields": list(_without_heading(drawn)),
        "errors": errors,
        "token": token,
        "held": sending.packed(dict(held), language()) if second else "",
        "second": second,
        "form": FORM,
        "name": request.POST.get("nom", ""),
        "spoken": _spoken(request),
        "languages": [{"value": code, "label": label} for code, label in LANGUAGES],
        "flags": [{"value": n, "label": words[english]} for n, words in flags(bundle).items()],
        "chosen": request.POST.getlist("flags"),
    }
    if second and now is not None:
        words = request.POST.get("recit", "")
        filled = engine.fill(bundle, held, now=now, stages=sending.BEFORE, text=words)
        ticked = tuple(request.POST.getlist(TICKS)) if raw is not None else ()
        numbers = tuple(n for n in ticked if n.isdecimal())
        context["situation"] = Told(filled.category or "", filled.kind or "", numbers, FORM)
        context["urgent"] = reach(bundle, filled.show_contacts)
        context["comfort"] = [said_in(group, "show") for group in filled.distress]
    return render(request, "console/file.html", context, status=status if not wrong else 400)


def _without_heading(drawn: fields.Shown) -> Iterator[fields.Field]:
    return (replace(field, heading=False) for field in drawn.fields)


def _told(request: HttpRequest, person: Person, filed: Filed, now: datetime) -> HttpResponse:
    """Show the code to read out, and all that the public page says after sending."""
    bundle = reference.current()
    case, report = filed.incident, filed.report
    known = confirmation.advice(bundle, case, report, now)
    fired = case.assessment.get("rules", ())  # by what the analyst stated, too
    floors = [rule for rule in bundle.triage.floors if rule.id in fired]
    urgent = [one.id for one in known["urgent"]]
    urgent += [name for rule in floors for name in rule.show_contacts]
    context = {
        "principal": person,
        "case": case,
        "code": codes.grouped(filed.code) if filed.code else "",
        "answer": promise(
            bundle,
            priority=case.priority,
            kind=case.victim_kind,
            filed_at=report.filed_at,
            now=now,
        ),
        **known,
        "urgent": reach(bundle, urgent),
        "others": [one for one in known["others"] if one.id not in urgent],
        "comfort": [said_in(group, "show") for group in bundle.distress.heard(report.text)],
    }
    return render(request, "console/filed.html", context)
