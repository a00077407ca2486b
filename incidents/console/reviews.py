"""The review of a case: written on a page, printed as a sheet, and the list of those that wait."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csirt.accounts.navigation import entry
from csirt.accounts.principals import Person, Principal
from csirt.kernel import codes
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import Conflict, DeskError, Invalid, NotFound
from csirt.web import errors, limits, panels, pdf
from incidents import kinds, queries
from incidents.console import review_lists, review_sheet, timeline
from incidents.console.access import for_desk
from incidents.console.people import desk
from incidents.console.verbs import version_of
from incidents.domain.moments import PARIS
from incidents.intake.words import language
from incidents.models import Incident, Review
from incidents.services import reviewing

PREFIX = "retour-"
RATE = 30 / 3600, 30  # sheets drawn for one person, a second; beyond, the page prints as well
TEXTS = ("cause", "cause_words", "worked", "failed")
DEEDS = {"faite": True, "afaire": False}


def register() -> None:
    """Fill the slot, and say our events; called when the app is ready."""
    panels.register("console.more", "retours", "Retours d'expérience", navigation, order=45)
    for kind, sentence in (
        (kinds.FOLLOWED_UP, _("Questions envoyées à la victime, %(days)s jours après la clôture.")),
        (kinds.REVIEWED, _("%(who)s a écrit le retour d'expérience.")),
        (kinds.ACTION_ADDED, _("%(who)s a noté une action à faire avant le %(due)s.")),
        (kinds.ACTION_DONE, _("%(who)s a dit une action faite.")),
        (kinds.ACTION_REOPENED, _("%(who)s a dit une action encore à faire.")),
        (kinds.ACTION_REMOVED, _("%(who)s a retiré une action.")),
        (
            kinds.FOLLOW_UP_ANSWERED,
            _("La victime a répondu au suivi à %(days)s jours : %(how)s."),
        ),
    ):
        timeline.tell(kind.name, sentence, _words)


def _words(data: timeline.Values, _names: object) -> dict[str, object]:
    found: dict[str, object] = dict(data)
    if "due" in data:
        found["due"] = f"{date.fromisoformat(data['due']):%d/%m/%Y}"
    if "bad" in data:
        found["how"] = gettext("cela continue") if data["bad"] else gettext("rien à signaler")
    return found


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the list to who works cases."""
    if not isinstance(principal, Person) or not principal.works_cases:
        return ""
    return entry(request, review_lists.address(), gettext("Retours d'expérience"), exact=True)


@require_safe
@for_desk
def every(request: HttpRequest, person: Person) -> HttpResponse:
    """List what waits after cases, and count the causes."""
    view = request.GET.get("vue", "")
    context = review_lists.page(person, view, request.GET.get("page", ""), read_clock(), language())
    return render(request, "console/reviews.html", {"principal": person, **context})


@require_http_methods(["GET", "HEAD", "POST"])
@for_desk
def review(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Show the review of a case as a form; a POST keeps it."""
    found = _of(person, case)
    if request.method != "POST":
        return _page(request, person, found)
    try:
        reviewing.write(
            incident=case, version=version_of(request), by=person,
            told=_told(request.POST, {line.key for line in review_sheet.lines(found, person)}),
            now=read_clock(),
        )  # fmt: skip
    except NotFound:
        raise
    except DeskError as error:
        return _again(request, person, found, error)
    messages.success(request, gettext("C'est noté."))
    return redirect("console-review", case=case)


@require_POST
@for_desk
def add_action(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Note one thing to do."""
    found = _of(person, case)
    try:
        reviewing.add_action(
            incident=case,
            by=person,
            text=request.POST.get("action-text", ""),
            owner=request.POST.get("action-owner", ""),
            due_on=_day(request.POST.get("action-due_on", "")),
            token=request.POST.get("envoi", ""),
            now=read_clock(),
        )
    except NotFound:
        raise
    except DeskError as error:
        return _again(request, person, found, error, prefix="action-")
    messages.success(request, gettext("C'est noté."))
    return _back(case)


@require_POST
@for_desk
def change_action(request: HttpRequest, person: Person, case: UUID, action: UUID) -> HttpResponse:
    """Say that an action is done or not, or take it away."""
    what, at = request.POST.get("avancement", ""), read_clock()
    if what == "retirer":
        reviewing.remove_action(incident=case, action=action, by=person, now=at)
    elif what in DEEDS:
        reviewing.settle_action(incident=case, action=action, by=person, done=DEEDS[what], now=at)
    else:
        raise Invalid
    return _back(case)


@require_safe
@for_desk
def sheet(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Show the review to print; ``?forme=pdf``: as a file, where this machine can draw one."""
    found = _of(person, case)
    context = {
        "principal": person,
        "pdf": pdf.can_draw(),
        "language": language(),
        **review_sheet.sheet(found, person, language(), read_clock()),
    }
    at, who = read_clock(), f"review-pdf|{person.user_id}"
    if request.GET.get("forme") != "pdf" or not pdf.can_draw() or limits.take_token(who, *RATE, at):
        return render(request, "console/review_sheet.html", context)
    html = render_to_string("console/review_paper.html", context)
    content = pdf.drawn(html, render_to_string("packing/pack.css"))
    response = HttpResponse(content, content_type="application/pdf")
    name = f"{found.reference}-retour.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _of(person: Person, case: UUID) -> Incident:
    found = queries.get(person, case)
    if found.erased_at is not None:
        raise NotFound
    return found


def _back(case: UUID) -> HttpResponse:
    response = redirect("console-review", case=case)
    response["Location"] += "#actions"
    return response


def _page(
    request: HttpRequest, person: Person, case: Incident, status: int = 200, **more: object
) -> HttpResponse:
    row = Review.objects.filter(incident=case).select_related("written_by").first()
    lines, at = review_sheet.lines(case, person), read_clock()
    context = {
        "principal": person,
        "case": case,
        "review": row,
        "version": row.version if row else 0,
        "over": case.state in reviewing.OVER,
        "causes": review_sheet.causes(language(), row.cause if row else ""),
        "values": review_sheet.values(row),
        "lines": lines,
        "kept": review_sheet.chosen(lines, row),
        "actions": list(case.review_actions.all()),
        "token": codes.new_token(),
        "today": at.astimezone(PARIS).date(),
        "people": desk(),
        "rounds": review_sheet.rounds(case, language(), at),
        "errors": [],
        **more,
    }
    return render(request, "console/review.html", context, status=status)


def _again(
    request: HttpRequest, person: Person, case: Incident, error: DeskError, prefix: str = PREFIX
) -> HttpResponse:
    """Show the page with what was typed, what is wrong, and what stands there now."""
    if error.status >= 500:
        raise error
    fields = error.fields if isinstance(error, Invalid) else {}
    wrong = {name: gettext(text) for name, text in fields.items()}
    typed = {
        name.removeprefix(prefix): text
        for name, text in request.POST.items()
        if name.startswith(prefix)
    }
    more: dict[str, Any] = {"action_values": typed, "action_wrong": wrong}
    if prefix == PREFIX:
        more = {"values": typed, "wrong": wrong, "kept": request.POST.getlist("retour-kept")}
    return _page(
        request, person, case, status=error.status, refusal=errors.said(error),
        conflict=isinstance(error, Conflict),
        errors=[{"name": prefix + name, "text": text} for name, text in wrong.items()], **more,
    )  # fmt: skip


def _told(posted: Any, lines: set[str]) -> reviewing.Told:
    hours = _bare(posted.get("retour-hours", "")).replace(",", ".")
    euros = _bare(posted.get("retour-euros", "")).removesuffix("€")
    return reviewing.Told(
        **{name: posted.get(PREFIX + name, "") for name in TEXTS},
        hours=_hours(hours) if hours else None,
        euros=_euros(euros) if euros else None,
        kept=[key for key in posted.getlist("retour-kept") if key in lines],
    )


def _bare(text: str) -> str:
    """Return a number as it is typed, without any space: they stand between thousands."""
    return "".join(text.split())


def _hours(text: str) -> Decimal:
    wrong = Invalid(fields={"hours": "Donnez un nombre d'heures : 12 ou 12,5."})
    if not text.isascii() or len(text) > 9:
        raise wrong
    try:
        found = Decimal(text)
        hours = round(found, 1) if found.is_finite() else None  # 1e30 has too many digits for it
    except InvalidOperation as error:
        raise wrong from error
    if hours is None or hours != found:
        raise wrong
    return hours


def _euros(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Invalid(fields={"euros": "Donnez un nombre entier d'euros."})
    return int(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
