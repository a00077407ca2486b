"""The follow-up page: where a case stands, what to do now, the conversation, and the rest folded.

The code is posted, never in an address. A visit opens one case and nothing else.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csirt.directory import reference
from csirt.directory.desk import reached
from csirt.kernel import codes
from csirt.kernel.errors import Invalid
from incidents import queries
from incidents.domain.lifecycle import State
from incidents.intake import asking, deciding, rounds, visits
from incidents.intake.calendar import promise
from incidents.intake.door import Visit, ask, current, enter, visiting
from incidents.intake.fields import Problem
from incidents.intake.states import DONE, happened, standing
from incidents.intake.words import language, reach
from incidents.intake.words import said as spoken
from incidents.models import Message
from incidents.services.following import write_as_victim

UNREAD = {State.NEW, State.TRIAGE}  # nobody has answered yet: the first gestures stand open


@dataclass(frozen=True)
class Said:
    """One message, as this visitor reads it."""

    who: str
    ours: bool
    message: Message


@require_http_methods(["GET", "HEAD", "POST"])
def followup(request: HttpRequest) -> HttpResponse:
    """Show the case of this visit, or ask for its code."""
    if request.method == "POST":
        return enter(request)
    if visits.read_out(request):
        return redirect("intake:replace")
    visit = current(request)
    return page(request, visit) if visit else ask(request)


@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """Answer what may have changed, or 304. Its mark is a keyed hash: it counts nothing.

    A visit is not made longer by this; once it is over, the answer is empty (204).
    """
    visit = current(request)
    if visit is None or visits.read_out(request):
        return HttpResponse(status=204)
    html = render_to_string("intake/news.html", live(visit), request)
    etag = _mark(html)
    response = HttpResponse(html, headers={"ETag": etag, "Cache-Control": "no-store"})
    return get_conditional_response(request, etag=etag, response=response) or response


@require_POST
@visiting
def message(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Send one message to the desk; twice the same form is one message."""
    token, text = request.POST.get("envoi", ""), request.POST.get("message", "")
    try:
        write_as_victim(victim=visit.victim, token=token, text=text, now=visit.now)
    except Invalid as error:
        wrong = gettext(next(iter(error.fields.values()), error.sentence))
        return page(request, visit, problem=wrong, text=text)
    return redirect(f"{reverse('intake:followup')}#messages")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End the visit on this device."""
    visits.end(request)
    return redirect("home")


@require_safe
def lost(request: HttpRequest) -> HttpResponse:
    """Say whom to call when the code is lost, and what will be asked."""
    return render(request, "intake/lost.html")


def page(
    request: HttpRequest, visit: Visit, *, problem: str = "", text: str = "", **more: object
) -> HttpResponse:
    """Draw the whole page; *more* is what a form that came back says."""
    shown = live(visit)
    context = {
        **shown,
        "case": visit.case,
        "principal": visit.victim,
        "word": reached.page_text("suivi", language()),
        "decides": visit.decides,
        "mark": _mark(render_to_string("intake/news.html", shown, request)),
        "done": DONE.get(request.GET.get("fait", "")),
        "questions": asking.open_pages(visit),
        "gestures_open": visit.case.state in UNREAD or request.GET.get("fait") == "gestes",
        **deciding.context(visit),
        **rounds.context(visit),
        "token": request.POST.get("envoi", "") if problem else codes.new_token(),
        "text": text,
        "problem": problem,
        "errors": [Problem("message", problem)] if problem else [],
        **more,
    }
    return render(request, "intake/followup.html", context)


def live(visit: Visit) -> dict[str, Any]:
    """Return what may change while the page is open."""
    case, bundle = visit.case, reference.current()
    history = [(event.at, happened(event.kind)) for event in queries.timeline(visit.victim, case)]
    return {
        "case": case,
        "standing": standing(case),
        "answer": promise(
            bundle,
            priority=case.priority,
            kind=case.victim_kind,
            filed_at=case.opened_at,
            now=visit.now,
        )
        if case.state == State.NEW
        else None,
        "urgent": asking.urgent(visit),
        "handed_to": reach(bundle, [case.redirected_to] if case.redirected_to else []),
        **talk(visit),
        "history": [(at, words) for at, words in history if words],
    }


def talk(visit: Visit) -> dict[str, Any]:
    """Return the conversation, and the helplines that the victim's last words call for."""
    bundle, found = reference.current(), queries.conversation(visit.case)
    last = next((one.text for one in reversed(found) if one.from_victim), "")
    heard = bundle.distress.heard(last)
    return {
        "conversation": [said(visit, one) for one in found],
        "comfort": [spoken(group, "show") for group in heard],
        "helplines": reach(bundle, [name for group in heard for name in group.show_contacts]),
    }


def said(visit: Visit, one: Message) -> Said:
    """Return a message with its author as this visitor knows them."""
    if not one.from_victim:
        return Said(settings.DESK_NAME, ours=True, message=one)
    if one.name == visit.victim.name:
        return Said(gettext("Vous"), ours=False, message=one)
    return Said(one.name or gettext("La personne qui a signalé"), ours=False, message=one)


def _mark(html: str) -> str:
    key = settings.SECRET_KEY.encode()
    return f'"{hmac.new(key, b"news|" + html.encode(), hashlib.sha256).hexdigest()[:32]}"'
