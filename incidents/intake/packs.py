"""The complaint pack on the victim's side: once the desk has offered it, drawn when it is asked for."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST, require_safe

from csirt.accounts.principals import Principal, Victim
from incidents.console.packs import REFRESH, as_file
from incidents.intake.door import Visit, visiting
from incidents.models import Incident
from incidents.packing import asking


def panel(request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Draw the way to the pack on the follow-up page, once it is offered."""
    if not isinstance(principal, Victim) or not asking.is_offered(case):
        return ""
    return render_to_string("intake/pack_panel.html", {"case": case}, request)


@require_POST
@visiting
def ask(_request: HttpRequest, visit: Visit) -> HttpResponse:
    """Have a pack drawn for this visitor."""
    pack = asking.ask(incident=visit.case.uuid, by=visit.victim, now=visit.now)
    return redirect("intake:pack-link", pack)


@require_safe
@visiting
def waiting(request: HttpRequest, visit: Visit, pack: str) -> HttpResponse:
    """Say how far the pack is; the page looks again by itself until it is ready."""
    link = asking.look(secret=pack, by=visit.victim, now=visit.now)
    response = render(request, "intake/pack.html", {"case": visit.case, "link": link, "pack": pack})
    response["Cache-Control"] = "no-store"
    if not (link.copy or link.failed):
        response["Refresh"] = str(REFRESH)
    return response


@require_GET
@visiting
def fetch(_request: HttpRequest, visit: Visit, pack: str) -> HttpResponse:
    """Send the PDF that this link is for, once."""
    link = asking.fetch(secret=pack, by=visit.victim, now=visit.now)
    return as_file(link, asking.opened(link, pack))
