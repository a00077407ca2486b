"""The follow-up page: where a case stands, in plain words, and the conversation with the desk.

The code is posted, never in an address. A visit opens one case and nothing else.
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts.principals import Victim
from csirt.directory import reference
from csirt.kernel import codes
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import Invalid, NotFound
from csirt.web import errors, limits
from incidents import queries
from incidents.domain.lifecycle import State
from incidents.intake import visits
from incidents.intake.calendar import promise
from incidents.intake.fields import Problem
from incidents.intake.states import happened, standing
from incidents.intake.words import reach
from incidents.services.following import access_by_code, came, write_as_victim

WRONG_CODES = 5 / 60  # a second and address: with the burst, ten a minute at most
WRONG_AT_ONCE = 5
TOO_MANY = 429


@require_http_methods(["GET", "HEAD", "POST"])
def followup(request: HttpRequest) -> HttpResponse:
    """Show the case of this visit, or ask for its code."""
    now = read_clock()
    if request.method == "POST":
        return _open(request, now)
    victim = visits.victim(request, now)
    return _page(request, victim, now) if victim else _ask(request)


@require_POST
def message(request: HttpRequest) -> HttpResponse:
    """Send one message to the desk; twice the same form is one message."""
    now = read_clock()
    victim = visits.victim(request, now)
    if victim is None:
        return _ask(request)
    token, text = request.POST.get("envoi", ""), request.POST.get("message", "")
    try:
        write_as_victim(victim=victim, token=token, text=text, now=now)
    except Invalid as error:
        wrong = gettext(next(iter(error.fields.values()), error.sentence))
        return _page(request, victim, now, problem=wrong, text=text)
    visits.go_on(request, now)
    return redirect(f"{reverse('intake:followup')}#messages")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End the visit on this device."""
    visits.end(request)
    return redirect("home")


def _open(request: HttpRequest, now: datetime) -> HttpResponse:
    typed = request.POST.get("code", "")
    key = f"code|{limits.client(request)}"
    try:
        codes.parse_code(typed)
    except codes.BadCode:
        return _ask(request, gettext("Vérifiez chaque lettre et chaque chiffre du code."))
    wait = limits.take_token(key, WRONG_CODES, WRONG_AT_ONCE, now)
    if wait:
        return _slower(request, wait)
    try:
        access = access_by_code(typed)
    except (Invalid, NotFound) as error:
        return _ask(request, errors.said(error))
    limits.give_back(key, WRONG_CODES)
    visits.begin(request, access, now)
    victim = Victim(incident_id=access.incident_id)
    came(victim=victim, now=now)
    token, text = request.POST.get("envoi", ""), request.POST.get("message", "")
    if text.strip() and codes.is_token(token):  # written before the visit ran out
        write_as_victim(victim=victim, token=token, text=text, now=now)
    return redirect("intake:followup")


def _ask(request: HttpRequest, problem: str = "", *, status: int = 200) -> HttpResponse:
    context = {
        "errors": [Problem("code", problem)] if problem else [],
        "problem": problem,
        "code": request.POST.get("code", "") if problem else "",
        "message": request.POST.get("message", ""),
        "token": request.POST.get("envoi", ""),
    }
    return render(request, "intake/code.html", context, status=status)


def _slower(request: HttpRequest, wait: float) -> HttpResponse:
    seconds = int(wait) + 1
    problem = gettext(
        "Trop d'essais depuis votre connexion. Réessayez dans %(seconds)d secondes, ou appelez-nous."
    ) % {"seconds": seconds}
    response = _ask(request, problem, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    return response


def _page(
    request: HttpRequest, victim: Victim, now: datetime, *, problem: str = "", text: str = ""
) -> HttpResponse:
    case = queries.visible_to(victim).select_related("merged_into").get()
    bundle = reference.current()
    history = [(event.at, happened(event.kind)) for event in queries.timeline(victim, case)]
    context = {
        "case": case,
        "principal": victim,
        "standing": standing(case),
        "answer": promise(
            bundle,
            priority=case.priority,
            kind=case.victim_kind,
            filed_at=case.opened_at,
            now=now,
        )
        if case.state == State.NEW
        else None,
        "conversation": queries.conversation(case),
        "history": [(at, words) for at, words in history if words],
        "handed_to": reach(bundle, [case.redirected_to] if case.redirected_to else []),
        "token": request.POST.get("envoi", "") if problem else codes.new_token(),
        "text": text,
        "problem": problem,
        "errors": [Problem("message", problem)] if problem else [],
    }
    return render(request, "intake/followup.html", context)
