"""The door of the follow-up page: the code is asked for, guessed with effort, and opens one visit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
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
    """Give the view its visit, or ask for the code; what was written meanwhile is kept."""

    @wraps(view)
    def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        visit = current(request)
        if visit is None:
            return ask(request)
        answer = view(request, visit, *args, **kwargs)
        if request.method == "POST":
            visits.go_on(request, visit.now)
        return answer

    return door


def enter(request: HttpRequest) -> HttpResponse:
    """Try a code, and begin the visit that it opens; a right one is never refused."""
    now = read_clock()
    typed = request.POST.get("code", "")
    try:
        code = codes.parse_code(typed)
    except codes.BadCode:
        return ask(request, gettext("Vérifiez chaque lettre et chaque chiffre du code."))
    limit = limits.Limit(f"code|{limits.client(request)}", WRONG_CODES, WRONG_AT_ONCE)
    above = limits.take_token(*limit, now) > 0
    if above and (wait := effort.asked(request, effort.hidden(code), now)):
        return wait
    try:
        access = access_by_code(typed)
    except (Invalid, NotFound) as error:
        return ask(request, errors.said(error))
    if not above:
        limits.give_back(limit.key, limit.rate)
    visits.begin(request, access, now)
    victim = victim_of_access(access.pk)
    came(victim=victim, now=now, access=access.pk)
    token, text = request.POST.get("envoi", ""), request.POST.get("message", "")
    if text.strip() and codes.is_token(token):  # written before the visit ran out
        write_as_victim(victim=victim, token=token, text=text, now=now)
    return redirect("intake:followup")


def ask(request: HttpRequest, problem: str = "") -> HttpResponse:
    """Ask for the code."""
    context = {
        "errors": [Problem("code", problem)] if problem else [],
        "problem": problem,
        "code": request.POST.get("code", "") if problem else "",
        "message": request.POST.get("message", ""),
        "token": request.POST.get("envoi", ""),
    }
    return render(request, "intake/code.html", context)
