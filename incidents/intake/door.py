"""The door of the follow-up page: the code is asked for, guessed with effort, and opens one visit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.translation import gettext

from csirt.accounts.principals import Victim
from csirt.kernel import codes
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import Invalid, NotFound
from csirt.web import errors, limits
from incidents import queries
from incidents.intake import effort, visits
from incidents.intake.fields import Problem
from incidents.models import Incident
from incidents.services.following import access_by_code, came, victim_of_access, write_as_victim

P = ParamSpec("P")

WRONG_CODES = 5 / 60  # a second and address: with the burst, ten a minute at most without effort
WRONG_AT_ONCE = 5
SENT_AN_HOUR = 60  # things that one visitor sends without effort: messages, answers, ticks
CARRIED = {
    "intake:later",
    "intake:moment",
    "intake:round",
    "intake:situation",
}  # forms that wait for the code
TARGET = "vers"  # where such a form goes
CASE = "dossier"  # in each form of a visit, and where a message waits for its code: the reference


@dataclass(frozen=True)
class Visit:
    """Who is here, for which case, at one reading of the clock."""

    victim: Victim
    case: Incident
    now: datetime

    @property
    def decides(self) -> bool:
        """Whether this is the reporter, not somebody a code was made for."""
        return not self.victim.name


def current(request: HttpRequest) -> Visit | None:
    """Return the visit of this browser, None when there is none any more."""
    now = read_clock()
    victim = visits.victim(request, now)
    if victim is None:
        return None
    return Visit(victim, queries.visible_to(victim).select_related("merged_into").get(), now)


def visiting(
    view: Callable[Concatenate[HttpRequest, Visit, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Give the view its visit, or ask for the code; what was written meanwhile is kept.

    A form of one case does nothing in the visit of another, begun since in the same browser.
    """

    @wraps(view)
    def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        visit = current(request)
        if visit is None:
            return ask(request)
        if visits.read_out(request) and request.path != reverse("intake:followup"):
            return redirect("intake:replace")  # nothing to read for who only heard the code
        if wrong := of_another(request, visit.case):
            return ask(request, wrong)
        if wait := slowed(request, visit.case, visit.now):
            return wait
        answer = view(request, visit, *args, **kwargs)
        if request.method == "POST":
            visits.go_on(request, visit.now)
        return answer

    return door


def of_another(request: HttpRequest, case: Incident) -> str:
    """Return what to say when the posted form is of another case, empty when it is of this one."""
    wanted = request.POST.get(CASE) or case.reference
    if wanted == case.reference:
        return ""
    return gettext("Cette page est du dossier %(reference)s. Tapez son code.") % {
        "reference": wanted[:20]
    }


def slowed(request: HttpRequest, case: Incident, now: datetime) -> HttpResponse | None:
    """Return the page that asks for an effort, when this visitor's code sends very much."""
    if request.method != "POST":
        return None
    who = f"visit|{visits.access(request)}"
    if not limits.take_token(who, SENT_AN_HOUR / 3600, SENT_AN_HOUR, now):
        return None
    ours = {"csrfmiddlewaretoken", effort.TICKET, effort.WORK}
    sent = sorted((name, *values) for name, values in request.POST.lists() if name not in ours)
    subject = effort.hidden(f"{case.reference}|{request.path}|{sent}")
    return effort.asked(request, subject, now, line=who, once=True)


def enter(request: HttpRequest) -> HttpResponse:
    """Try a code, and begin the visit that it opens; a right one is never refused."""
    now = read_clock()
    typed = request.POST.get("code", "")
    try:
        code = codes.parse_code(typed)
    except codes.BadCode:
        return ask(request, gettext("Vérifiez chaque lettre et chaque chiffre du code."), typed)
    limit = limits.Limit(f"code|{limits.client(request)}", WRONG_CODES, WRONG_AT_ONCE)
    above = limits.take_token(*limit, now) > 0
    # In no line: a code cannot be guessed, and who guesses must not keep its owner waiting.
    if above and (wait := effort.asked(request, effort.hidden(code), now)):
        return wait
    try:
        access = access_by_code(typed)
    except (Invalid, NotFound) as error:
        return ask(request, errors.said(error), typed)
    if not above:
        limits.give_back(limit.key, limit.rate)
    if wrong := of_another(request, access.incident):
        return ask(request, wrong, typed)
    visits.begin(request, access, now)
    victim = victim_of_access(access.pk)
    came(victim=victim, now=now, access=access.pk)
    if match := _carried(request):  # answered before the visit ran out
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer
    return _written(request, access.incident, victim, now) or redirect("intake:followup")


def _written(
    request: HttpRequest, case: Incident, victim: Victim, now: datetime
) -> HttpResponse | None:
    """Send the message that was written before the visit ran out; or ask for an effort for it."""
    token, text = request.POST.get("envoi", ""), request.POST.get("message", "")
    if not text.strip() or not codes.is_token(token):
        return None
    wait = slowed(request, case, now)
    if wait is None:
        write_as_victim(victim=victim, token=token, text=text, now=now)
    return wait


def ask(request: HttpRequest, problem: str = "", typed: str = "") -> HttpResponse:
    """Ask for the code; *problem* says what is wrong with the one *typed*, or with the page."""
    context: dict[str, object] = {
        "errors": [Problem("code", problem)] if problem else [],
        "problem": problem,
        "code": typed,
        "message": request.POST.get("message", ""),
        "token": request.POST.get("envoi", ""),
        "reference": request.POST.get(CASE, ""),
    }
    if _carried(request):
        ours = {"code", "csrfmiddlewaretoken", TARGET, effort.TICKET, effort.WORK}
        lists = request.POST.lists()
        context["target"] = request.POST.get(TARGET) or request.path
        context["fields"] = [
            (name, v) for name, values in lists for v in values if name not in ours
        ]
    return render(request, "intake/code.html", context)


def _carried(request: HttpRequest) -> ResolverMatch | None:
    """Return where the posted form goes that waits for its code; None when none does."""
    try:
        match = resolve(request.POST.get(TARGET) or request.path)
    except Resolver404:
        return None
    return match if request.method == "POST" and match.view_name in CARRIED else None
