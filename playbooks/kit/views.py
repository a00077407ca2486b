"""The readiness kit without an account: ten minutes, a result, two sheets to pin on the wall."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csirt.accounts.principals import Principal, Victim
from csirt.directory import reference
from csirt.kernel import codes
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.web import errors, limits, panels
from incidents.domain.lifecycle import State
from incidents.intake import effort
from incidents.intake.door import Visit, visiting
from incidents.intake.fields import Problem
from incidents.intake.words import language, reach, said, said_all
from incidents.models import Incident
from incidents.notifications import channels
from playbooks import queries
from playbooks.domain import kit as rules
from playbooks.kit import visits
from playbooks.kit.words import gestures, theme_said, themes
from playbooks.models import Kit, KitReminder, KitRound
from playbooks.services import kits

P = ParamSpec("P")
RATE, BURST = 10 / 3600, 10  # kits begun and codes tried without effort, a second and address
SHUT = "ferme"  # in the address of the first page: no kit was open
FIRST_HOUR = "rancongiciel"  # the playbook whose gestures hold for most attacks
BLANKS = (  # what nobody but the body knows
    _("Votre dépanneur informatique"),
    _("Votre hébergeur de messagerie"),
    _("Votre assureur"),
    _("Qui décide de couper Internet"),
    _("Qui décide à sa place"),
)
NUMBERS = ("n17", "17cyber", "certfr", "cnil", "thesee")
THEIRS = ("comptable-public", "prefecture")  # each body has its own: it writes the number


def register() -> None:
    """Fill the slots of the public pages; called when the app is ready."""
    panels.register("public.followup", "kit", "Pour que cela n'arrive plus", panel, order=90)
    panels.register("public.home", "kit", "Se préparer", home, order=90)


def home(request: HttpRequest, _case: object, _principal: Principal) -> str:
    """Draw the way to the kit on the first page."""
    return render_to_string("playbooks/kit/home.html", {}, request)


def panel(request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Draw the way to the kit once the case is resolved: not before, there are other worries."""
    if not isinstance(principal, Victim) or case.state not in {State.REVIEW, State.CLOSED}:
        return ""
    context = {"case": case, "token": codes.new_token()}
    return render_to_string("playbooks/kit/followup.html", context, request)


def opened(
    view: Callable[Concatenate[HttpRequest, Kit, datetime, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Give the view the kit that is open in this browser, or go back to the first page."""

    @wraps(view)
    def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        now = read_clock()
        kit = visits.current(request, now)
        if kit is None:
            response = redirect("kit:start")
            response["Location"] += f"?{SHUT}="
            return response
        if request.method == "POST":
            visits.begin(request, kit, now)
        return view(request, kit, now, *args, **kwargs)

    return door


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Say what the kit is; begin one, and show its code once."""
    now = read_clock()
    if request.method != "POST":
        return _start(request, now)
    if wait := _slowed(request, "begin", now):
        return wait
    try:
        made = kits.open_kit(token=request.POST.get("envoi", ""), now=now)
    except Invalid as error:
        return _start(request, now, problem=errors.said(error), status=400)
    return _show_code(request, made, now)


@require_POST
@visiting
def from_followup(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Begin the kit of the body whose case this is. The desk does not see its answers."""
    token = request.POST.get("envoi", "")
    try:
        made = kits.open_kit(token=token, now=visit.now, case=visit.case)
    except Invalid as error:
        return _start(request, visit.now, problem=errors.said(error), status=400)
    return _show_code(request, made, visit.now)


@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Open a kit with its code."""
    now, typed = read_clock(), request.POST.get("code", "")
    if wait := _slowed(request, typed, now):
        return wait
    try:
        kit = kits.kit_of_code(typed)
    except (Invalid, NotFound) as error:
        return _start(request, now, problem=errors.said(error), typed=typed, status=error.status)
    visits.begin(request, kit, now)
    kits.came(kit=kit, now=now)
    done = KitRound.objects.filter(kit=kit, done_at__isnull=False).exists()
    return redirect("kit:result") if done else redirect("kit:questions", next_theme(kit))


@require_http_methods(["GET", "HEAD", "POST"])
@opened
def questions(request: HttpRequest, kit: Kit, now: datetime, theme: str) -> HttpResponse:
    """Ask the questions of one theme, or keep their answers; any may be left for later."""
    under_way = KitRound.objects.filter(kit=kit, done_at=None).first()
    if under_way is None:
        return redirect("kit:result")
    known = reference.version(under_way.reference_version_id).readiness
    order = themes(known)
    if theme not in order:
        raise Http404
    asked = [question for question in known.questions if question.theme == theme]
    at = order.index(theme)
    if request.method == "POST":
        given = {one.id: request.POST[one.id] for one in asked if request.POST.get(one.id)}
        try:
            kits.answer(kit=kit, answers=given)
            if at + 1 == len(order):
                kits.finish(kit=kit, now=now)
        except Conflict:
            return redirect("kit:result")
        return (
            redirect("kit:questions", order[at + 1])
            if at + 1 < len(order)
            else redirect("kit:result")
        )
    options = [{"value": one.id, "label": said(one, "label")} for one in known.answers]
    context = {
        "title": theme_said(theme),
        "number": at + 1,
        "of": len(order),
        "last": at + 1 == len(order),
        "before": order[at - 1] if at else "",
        "asked": [
            {"id": one.id, "label": said(one, "question"), "value": under_way.answers.get(one.id)}
            for one in asked
        ],
        "options": options,
    }
    return render(request, "playbooks/kit/questions.html", context)


@require_safe
@opened
def result(request: HttpRequest, kit: Kit, now: datetime) -> HttpResponse:
    """Show where the body stands, what to do next, and what has changed since the round before."""
    return _result(request, kit, now)


def _result(
    request: HttpRequest, kit: Kit, now: datetime, *, status: int = 200, **more: object
) -> HttpResponse:
    rounds = list(KitRound.objects.filter(kit=kit).order_by("-begun_at")[:2])
    done = [one for one in rounds if one.done_at is not None]
    if not done:
        return redirect("kit:questions", next_theme(kit))
    former = queries.round_before(kit, done[0])
    context = {
        **shown(done[0]),
        "kit": kit,
        "under_way": rounds[0] if rounds[0].done_at is None else None,
        "next_theme": next_theme(kit),
        "due": done[0].begun_at + kits.AGAIN <= now,
        "again_at": done[0].begun_at + kits.AGAIN,
        "before": compared(former, done[0]) if former else None,
        "mailed": "mail" in channels.ready(),
        "reminder": KitReminder.objects.filter(kit=kit, left=False).first(),
        "agree": [{"value": "oui", "label": gettext("J'accepte un seul courriel, dans six mois.")}],
        **more,
    }
    return render(request, "playbooks/kit/result.html", context, status=status)


@require_POST
@opened
def remind(request: HttpRequest, kit: Kit, now: datetime) -> HttpResponse:
    """Take an address for one reminder, with consent; or forget it."""
    if request.POST.get("retirer"):
        kits.remind_no_more(kit=kit, now=now)
        return redirect("kit:result")
    typed, agreed = request.POST.get("adresse", ""), request.POST.get("accord") == "oui"
    try:
        kits.remind(kit=kit, address=typed, agreed=agreed, language=language(), now=now)
    except Invalid as error:
        wrong = {name: gettext(text) for name, text in error.fields.items()}
        problems = [Problem(name, text) for name, text in wrong.items()]
        return _result(
            request, kit, now, status=400, wrong=wrong, errors=problems, typed=typed,
            agreed=["oui"] if agreed else [],
        )  # fmt: skip
    response = redirect("kit:result")
    response["Location"] += "#rappel"
    return response


@require_POST
@opened
def again(request: HttpRequest, kit: Kit, now: datetime) -> HttpResponse:
    """Begin the next round."""
    kits.again(kit=kit, now=now)
    return redirect("kit:questions", next_theme(kit))


@require_POST
@opened
def delete(request: HttpRequest, kit: Kit, now: datetime) -> HttpResponse:
    """Delete the kit and all its answers."""
    kits.delete(kit=kit, now=now)
    visits.end(request)
    return redirect("kit:start")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Close the kit on this device."""
    visits.end(request)
    return redirect("kit:start")


@require_safe
def contacts(request: HttpRequest) -> HttpResponse:
    """Show a sheet of numbers to print, with room for those that nobody but the body knows."""
    bundle = reference.current()
    theirs = [one.name for one in reach(bundle, THEIRS)]
    context = {"numbers": reach(bundle, NUMBERS), "blanks": [*theirs, *BLANKS]}
    return render(request, "playbooks/kit/contacts.html", context)


@require_safe
def first_hour(request: HttpRequest) -> HttpResponse:
    """Show what to do in the first hour of an attack, on one sheet to pin on the wall."""
    bundle = reference.current()
    book = bundle.playbooks[FIRST_HOUR]
    context = {
        "do": said_all(book, "first_minutes"),
        "dont": said_all(book, "dont"),
        "numbers": reach(bundle, NUMBERS[:3]),
    }
    return render(request, "playbooks/kit/first_hour.html", context)


def shown(done: KitRound) -> dict[str, Any]:
    """Return what a page says of one round that is done."""
    known = reference.version(done.reference_version_id).readiness
    found = rules.outcome(known, done.answers)
    return {
        "done_at": done.done_at,
        "score": found.score,
        "band": said(found.band, "label") if found.band else "",
        "band_id": found.band.id if found.band else "",
        "nothing": said(known.scoring.all_na, "text"),
        "most": next(
            said(band, "label")
            for band in known.scoring.bands
            if band.id == known.scoring.vital.band_at_most
        ),
        "vital": gestures(found.vital),
        "gestures": gestures(found.gestures),
        "rest": gestures(found.rest),
    }


def compared(then: KitRound, now: KitRound) -> dict[str, Any]:
    """Return what has changed between two rounds, by the questions of the later one."""
    known = reference.version(now.reference_version_id).readiness
    better, worse = rules.changes(known, then.answers, now.answers)
    return {**shown(then), "better": gestures(better), "worse": gestures(worse)}


def _start(
    request: HttpRequest, now: datetime, *, problem: str = "", typed: str = "", status: int = 200
) -> HttpResponse:
    known = reference.current().readiness
    context = {
        "title": said(known, "title"),
        "count": len(known.questions),
        "open": visits.current(request, now),
        "shut": SHUT in request.GET,
        "token": codes.new_token(),
        "problem": problem,
        "code": typed,
        "errors": [Problem("code", problem)] if problem else [],
    }
    return render(request, "playbooks/kit/start.html", context, status=status)


def _show_code(request: HttpRequest, made: kits.Opened, now: datetime) -> HttpResponse:
    visits.begin(request, made.kit, now)
    context = {"code": codes.grouped(made.code), "next_theme": next_theme(made.kit)}
    return render(request, "playbooks/kit/code.html", context)


def next_theme(kit: Kit) -> str:
    """Return where to go on in the questions of a kit: after the last page that was answered."""
    latest = KitRound.objects.filter(kit=kit).order_by("-begun_at").first()
    version = latest.reference_version_id if latest else reference.current().sha256
    known, answers = reference.version(version).readiness, latest.answers if latest else {}
    order = themes(known)
    at = max((order.index(one.theme) for one in known.questions if one.id in answers), default=0)
    whole = all(one.id in answers for one in known.questions if one.theme == order[at])
    return order[min(at + whole, len(order) - 1)]


def _slowed(request: HttpRequest, subject: str, now: datetime) -> HttpResponse | None:
    """Ask for an effort of an address that begins or tries very many; never refuse."""
    who = f"kit|{limits.client(request)}"
    if not limits.take_token(who, RATE, BURST, now):
        return None
    return effort.asked(request, effort.hidden(f"kit|{subject}"), now)
