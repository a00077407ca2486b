"""A code that was read out on the phone serves once: the first visit gives one that nobody heard."""

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from csirt.kernel import codes
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import NotFound
from incidents.intake import visits
from incidents.intake.fields import Problem
from incidents.services.noting import replace_spoken

SALT = "intake.spoken"


@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: HttpRequest) -> HttpResponse:
    """Show a new code; once it is noted, it takes the place of the one that was read out.

    The new code is stored when the person says so: an answer that is lost locks nobody out.
    """
    now = read_clock()
    if visits.victim(request, now) is None or not visits.read_out(request):
        return redirect("intake:followup")
    access = visits.access(request)
    offered = _offered(request, access)
    if not offered:
        return _show(request, codes.random_code(), access)
    if request.POST.get("note") != "oui":
        problem = gettext("Notez votre code, puis cochez la case.")
        return _show(request, offered, access, problem)
    try:
        fresh = replace_spoken(access=access, code=offered, now=now)
    except NotFound:  # ended in the same moment
        return redirect("intake:followup")
    visits.begin(request, fresh, now)
    return redirect("intake:followup")


def _offered(request: HttpRequest, access: int) -> str:
    """Return the code that this visit was shown before, empty when none comes back."""
    try:
        offer = signing.loads(request.POST.get("offre", ""), salt=SALT)
    except signing.BadSignature:
        return ""
    return str(offer["code"]) if offer["access"] == access else ""


def _show(request: HttpRequest, code: str, access: int, problem: str = "") -> HttpResponse:
    context = {
        "code": codes.grouped(code),
        "offer": signing.dumps({"access": access, "code": code}, salt=SALT),
        "problem": problem,
        "errors": [Problem("note", problem)] if problem else [],
    }
    return render(request, "intake/spoken.html", context)
