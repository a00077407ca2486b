"""The form: one page of the engine at a time, kept in a draft, checked, sent.

Without JavaScript, and without an account. Nothing is refused because of somebody else.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from csirt.accounts.principals import Anonymous
from csirt.directory import reference
from csirt.kernel import codes
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import Conflict, Invalid
from csirt.reference.bundle import Bundle
from csirt.web import limits
from incidents.domain import questions as engine
from incidents.domain.answers import Answer, FormError, Refused, read
from incidents.intake import bodies, device, effort, fields, sending, sent
from incidents.intake.calendar import spoken
from incidents.intake.panels import SHOWN, TICKS, Told
from incidents.intake.places import communes
from incidents.intake.words import language, reach, said
from incidents.models import Draft
from incidents.services import drafts, gestures
from incidents.services.apart import is_above
from incidents.services.filing import filed_before

# On the first page, before anything is asked.
DANGER = ("n17", "n15", "n112", "n114", "n119", "n3114", "n3018")
WORDS = {"text", "textarea", "contact"}  # what a person would have to type again
FORM = "reponses"  # the id of the page's form
BACK = "retour"  # in the address: go back to the page where answers are checked


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Begin; or ask first, when this device holds a draft already."""
    if _draft(request, read_clock()) is None:
        return redirect("intake:question", _first(reference.current()))
    return render(request, "intake/resume.html")


@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, name: str) -> HttpResponse:
    """Ask the questions of one page, or take their answers."""
    bundle, now = reference.current(), read_clock()
    if name not in {q.page for q in bundle.intake.questions if q.stage == "before"}:
        raise Http404
    draft = _draft(request, now)
    answers: dict[str, Any] = dict(draft.answers) if draft else {}
    if request.method == "POST":
        if draft:
            _tick(request, bundle, draft, now)
        return _take(request, bundle, draft, name, now)
    page = engine.page(bundle, answers, name)
    reached = engine.missing(bundle, answers)
    if page is None or _lies_before(bundle, answers, reached, name):
        return redirect("intake:question", reached) if reached else redirect("intake:check")
    return _ask(request, bundle, draft, page, now=now)


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Show every answer before anything is sent."""
    bundle, now = reference.current(), read_clock()
    draft = _draft(request, now)
    if draft is None:
        return render(request, "intake/nothing.html")
    if (open_page := engine.missing(bundle, draft.answers)) is not None:
        return redirect("intake:question", open_page)
    answers = engine.prune(bundle, draft.answers)
    context = {
        "rows": _rows(bundle, answers),
        "back": reverse("intake:question", args=[_last(bundle, answers)]),
        "token": draft.token,
        "until": spoken(draft.expires_at, now),
        "held": sending.packed(answers, language()),
        **_care(bundle, answers, engine.CHECK_PAGE, now, draft),
    }
    return render(request, "intake/check.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest) -> HttpResponse:
    """File the report and show its reference and code; the same answer to every retry."""
    if request.method != "POST":
        return redirect("intake:check")
    bundle, now, token = reference.current(), read_clock(), request.POST.get("envoi", "")
    if not codes.is_token(token):
        raise Invalid("Cette page a expiré. Rechargez-la : vos réponses sont gardées.")
    try:
        answers, spoken = sending.unpacked(bundle, request.POST.get("reponses", ""), now)
    except sending.Unreadable as some:
        return _unfinished(request, some.answers, token, now)
    if engine.missing(bundle, answers) is not None:
        return _unfinished(request, answers, token, now)
    submission = sending.submission_of(bundle, answers, language=spoken, now=now)
    above = is_above(token, limits.client(request), now) and not filed_before(token=token, now=now)
    if above:
        line = effort.of_device(request, _draft(request, now))
        if wait := effort.asked(request, token, now, **line):
            return wait
    secret = device.secret_of(request)
    try:
        filed = drafts.send(token=token, submission=submission, secret=secret, now=now, flood=above)
    except Conflict:
        before = filed_before(token=token, now=now)
        if before is None:
            raise
        return sent.page(request, before, now, token=token, changed=True)
    return sent.page(request, filed, now, token=token)


@require_http_methods(["GET", "HEAD", "POST"])
def forget(request: HttpRequest) -> HttpResponse:
    """Delete the draft of this device: asked first, then done."""
    if request.method != "POST":
        return render(request, "intake/forget.html")
    drafts.forget(secret=device.secret_of(request))
    response = redirect("home")
    device.forget(response)
    return response


def _draft(request: HttpRequest, now: datetime) -> Draft | None:
    secret = device.secret_of(request)
    return drafts.find(secret, now) if secret else None


def _tick(request: HttpRequest, bundle: Bundle, draft: Draft, now: datetime) -> None:
    """Keep which first gestures are done, where the page showed them."""
    category = request.POST.get(SHOWN, "")
    if category in bundle.categories:
        done = request.POST.getlist(TICKS)
        gestures.tick(draft=draft, bundle=bundle, category=category, ticked=done, now=now)


def _take(
    request: HttpRequest, bundle: Bundle, draft: Draft | None, name: str, now: datetime
) -> HttpResponse:
    answers: dict[str, Any] = dict(draft.answers) if draft else {}
    posted = {key: [str(v) for v in values] for key, values in request.POST.lists()}
    page = engine.page(bundle, answers, name)
    if page is None:  # the draft has expired meanwhile: keep at least what was typed
        changed = _typed_words(bundle, name, posted, now)
        response = _keep(request, changed, now=now)
        if "Location" in response:
            response["Location"] += ("&" if "?" in response["Location"] else "?") + "note=expire"
        return response
    raw = fields.prepared(page, posted)
    result = engine.validate(bundle, answers, name, raw, now=now, communes=communes)
    if not result.ok:
        return _ask(request, bundle, draft, page, raw=raw, errors=result.errors, now=now)
    here = {asked.question.id for asked in page.asked}
    given = bodies.named(result.answers) if bodies.NAME in here else result.answers
    changed = {key: answer for key, answer in given.items() if key in here}
    return _keep(request, changed, here - changed.keys(), after=name, now=now)


def _keep(
    request: HttpRequest,
    changed: Mapping[str, Answer],
    gone: set[str] | frozenset[str] = frozenset(),
    *,
    after: str = "",
    token: str = "",
    now: datetime,
) -> HttpResponse:
    """Save answers, and lead to the page that comes next; many new drafts take an effort."""
    secret = device.secret_of(request) or device.given_back(request) or device.new_secret()
    if drafts.find(secret, now) is None and (wait := _many(request, secret, now)):
        return wait
    draft = drafts.keep(
        secret=secret, answers=changed, gone=gone, language=language(), now=now, token=token
    )
    bundle = reference.current()
    checking = BACK in request.GET or not after
    if checking:
        target = engine.missing(bundle, draft.answers) or engine.CHECK_PAGE
    else:
        target = engine.next_page(bundle, draft.answers, after)
    if target == engine.CHECK_PAGE:
        response = redirect("intake:check")
    else:
        response = redirect("intake:question", target)
        if BACK in request.GET:
            response["Location"] += f"?{BACK}=1"
    device.remember(response, secret)
    return response


def _many(request: HttpRequest, secret: str, now: datetime) -> HttpResponse | None:
    """Ask for an effort when an address begins many drafts; *secret* is that of the new one."""
    source = limits.client(request)
    hourly = settings.DRAFTS_ADDRESS
    limit = limits.Limit(f"new-draft|{source}", hourly / 3600, hourly)
    if limits.within(f"draft|{secret}", [limit], now):
        return None
    wait = effort.asked(
        request, effort.hidden(secret), now, more={device.FIELD: secret}, once=True,
        **effort.of_device(request, None),
    )  # fmt: skip
    if wait:
        device.remember(wait, secret)
    return wait


def _ask(
    request: HttpRequest,
    bundle: Bundle,
    draft: Draft | None,
    page: engine.Page,
    *,
    raw: Mapping[str, list[str]] | None = None,
    errors: tuple[FormError, ...] = (),
    now: datetime,
) -> HttpResponse:
    answers: dict[str, Any] = dict(draft.answers) if draft else {}
    shown = fields.shown(page, raw, errors)
    before = engine.previous_page(bundle, answers, page.id)
    checking = BACK in request.GET
    if checking:
        back = reverse("intake:check")
    else:
        back = reverse("intake:question", args=[before]) if before else reverse("home")
    context = {
        "shown": shown,
        "errors": shown.errors,
        "title": shown.fields[0].label,
        "back": back,
        "action": request.path + (f"?{BACK}=1" if checking else ""),
        "begun": bool(answers),
        "expired": request.GET.get("note") == "expire",
        **_care(bundle, answers, page.id, now, draft),
    }
    return render(request, "intake/question.html", context)


def _care(
    bundle: Bundle, answers: dict[str, Any], name: str, now: datetime, draft: Draft | None
) -> dict[str, Any]:
    """Return whom to call at once and the first gestures, full where they are new, else short."""
    filled = engine.fill(bundle, answers, now=now, stages=sending.BEFORE)
    before = engine.previous_page(bundle, answers, name)
    fresh = {q.id for q in bundle.intake.questions if q.page == before and q.stage == "before"}
    known = {key: answer for key, answer in answers.items() if key not in fresh}
    told = engine.fill(bundle, known, now=now, stages=sending.BEFORE)
    return {
        "known": reach(bundle, told.show_contacts if before else DANGER),
        "fresh": reach(bundle, [c for c in filled.show_contacts if c not in told.show_contacts]),
        "fresh_words": [said(one) for one in filled.said if one not in told.said and said(one)],
        "situation": _situation(bundle, filled, draft, now),
        "situation_new": filled.category != told.category,
        "principal": Anonymous(),
    }


def _situation(
    bundle: Bundle, filled: engine.Filled, draft: Draft | None, now: datetime
) -> Told | None:
    """Return what the panel of the first gestures is drawn from; that it is shown is remembered."""
    if not filled.category or draft is None:
        return None
    row = gestures.show(draft=draft, bundle=bundle, category=filled.category, now=now)
    return Told(filled.category, filled.kind or "", tuple(row.ticked), FORM)


def _rows(bundle: Bundle, answers: dict[str, Answer]) -> list[dict[str, Any]]:
    return [
        {
            "label": said(asked.question),
            "lines": fields.lines(asked),
            "href": f"{reverse('intake:question', args=[page.id])}?{BACK}=1",
        }
        for page in engine.pages(bundle, answers)
        for asked in page.asked
    ]


def _unfinished(
    request: HttpRequest, answers: dict[str, Answer], token: str, now: datetime
) -> HttpResponse:
    """A last page that says too little: it was sent before, or its form goes on where it stopped."""
    before = filed_before(token=token, now=now)
    if before is not None:
        return sent.page(request, before, now, token=token)
    return _keep(request, answers, token=token, now=now)


def _typed_words(
    bundle: Bundle, name: str, posted: Mapping[str, list[str]], now: datetime
) -> dict[str, Answer]:
    """Return what can be read of a page's texts, whatever the answers before it were."""
    found: dict[str, Answer] = {}
    for asked in bundle.intake.questions:
        if asked.page != name or asked.stage != "before" or asked.type not in WORDS:
            continue
        try:
            answer = read(asked, posted, kind=None, required=False, now=now, communes=communes)
        except Refused:
            continue
        if answer is not None:
            found[asked.id] = answer
    return found


def _first(bundle: Bundle) -> str:
    return engine.next_page(bundle, {})


def _last(bundle: Bundle, answers: Mapping[str, object]) -> str:
    return engine.previous_page(bundle, answers, engine.CHECK_PAGE) or _first(bundle)


def _lies_before(
    bundle: Bundle, answers: Mapping[str, object], reached: str | None, name: str
) -> bool:
    """Whether a page still to be answered comes before the page *name*."""
    names = [page.id for page in engine.pages(bundle, answers)]
    return reached is not None and name in names and names.index(reached) < names.index(name)
