"""What the reporter alone decides: consents, codes for others, erasure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from csirt.directory import reference
from csirt.kernel import codes
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.web.errors import said as said_error
from incidents.domain.consents import CONSENT_SENTENCES
from incidents.domain.questions import fill, routing
from incidents.intake.door import Visit, visiting
from incidents.intake.fields import Problem
from incidents.intake.words import Reach, reach, typeset
from incidents.models import About, AccessCode, Consent, ErasureRequest
from incidents.queries import known_answers
from incidents.services import erasing
from incidents.services.consenting import ask_erasure, decide
from incidents.services.sharing_access import end_code, make_code

ANSWER_WITHIN = timedelta(days=30)  # RGPD, art. 12(3): one month


@dataclass(frozen=True)
class Agreement:
    """One thing to agree to, and what was decided: ``given`` is None while nothing was."""

    about: str
    title: str
    sentence: str
    given: bool | None
    at: datetime | None
    names: tuple[str, ...] = ()


def context(visit: Visit) -> dict[str, Any]:
    """Return what the folded parts of the page show to who decides."""
    if not visit.decides:
        return {}
    return {
        "agreements": agreements(visit),
        "codes": list(AccessCode.objects.filter(incident=visit.case).exclude(name="")),
        "erasure": ErasureRequest.objects.filter(incident=visit.case).order_by("-pk").first(),
        "code_token": codes.new_token(),
    }


def agreements(visit: Visit) -> list[Agreement]:
    """Return the consents that make sense for this victim, with where they stand."""
    known = {row.about: row for row in Consent.objects.filter(incident=visit.case)}
    others = tuple(one.name for one in better_placed(visit))
    found = []
    for about, title in About.choices:
        row = known.get(about)
        if about == About.OPERATOR and visit.case.victim_kind == "particulier":
            continue
        found.append(
            Agreement(
                about,
                str(title),
                typeset(gettext(CONSENT_SENTENCES[about])),
                row.given if row else None,
                row.changed_at if row else None,
                others if about == About.HANDOVER else (),
            )
        )
    return found


def better_placed(visit: Visit) -> list[Reach]:
    """Return the services that the reference data names for such a victim."""
    bundle, case = reference.current(), visit.case
    answers = known_answers(case)
    filled = fill(bundle, answers, now=visit.now)
    if case.organisation is not None:  # the directory may know what nobody asked
        traits = dict.fromkeys([*filled.traits, *case.organisation.traits])
        filled = replace(filled, traits=tuple(traits))
    routes = routing(bundle, answers, filled, priority=case.priority, out_of_hours=False)
    return reach(bundle, [name for route in routes for name in route.show_contacts])


@require_POST
@visiting
def agree(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Give or withdraw one consent."""
    given = request.POST.get("accord") == "oui"
    decide(victim=visit.victim, about=request.POST.get("sur", ""), given=given, now=visit.now)
    return redirect(f"{reverse('intake:followup')}?fait={'accord' if given else 'retrait'}#accords")


@require_POST
@visiting
def give_code(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Make a code for somebody, shown on this answer and nowhere else."""
    from incidents.intake.followup import page  # that page shows what these forms are about

    name = request.POST.get("nom", "")
    try:
        code = make_code(
            victim=visit.victim, token=request.POST.get("envoi", ""), name=name, now=visit.now
        )
    except (Invalid, Conflict) as error:
        wrong = gettext(next(iter(getattr(error, "fields", {}).values()), "")) or said_error(error)
        problems = [Problem("nom", wrong)]
        return page(request, visit, name_problem=wrong, name=name, errors=problems)
    shown = {"code": codes.grouped(code), "name": name.strip()}
    return render(request, "intake/code_made.html", shown)


@require_POST
@visiting
def stop_code(request: HttpRequest, visit: Visit) -> HttpResponse:
    """End a code made for somebody; whoever used it is out at once."""
    try:
        access = UUID(request.POST.get("code", ""))
    except ValueError as error:
        raise NotFound from error
    end_code(victim=visit.victim, access=access, now=visit.now)
    return redirect(f"{reverse('intake:followup')}?fait=fin#acces")


@require_http_methods(["GET", "HEAD", "POST"])
@visiting
def erasure(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say what erasing means and when it happens, and take the request."""
    if request.method == "POST":
        ask_erasure(victim=visit.victim, now=visit.now)
        return redirect("intake:erasure")
    asked = ErasureRequest.objects.filter(incident=visit.case).order_by("-pk").first()
    shown = {
        "case": visit.case,
        "decides": visit.decides,
        "asked": asked,
        "before": asked.asked_at + ANSWER_WITHIN if asked else None,
        "due": erasing.due_at(asked) if asked else None,
        "days": erasing.WAITS.days,
    }
    return render(request, "intake/erasure.html", shown)
