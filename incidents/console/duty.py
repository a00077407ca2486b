"""Who is on duty: a roster that leads and admins keep, and everybody of the desk reads."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts.access import only
from csirt.accounts.principals import Person, principal_of
from csirt.accounts.roles import DESK, Role
from csirt.directory import reference
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid
from csirt.reference.hours import OpeningHours
from csirt.web.errors import said
from incidents.console.forms import PARIS, local
from incidents.console.people import desk
from incidents.console.verbs import person_of
from incidents.services import duties

SHOWN = 100


def _person(request: HttpRequest) -> Person:
    person = principal_of(request)
    assert isinstance(person, Person)  # the page is for people who logged in
    return person


@require_http_methods(["GET", "HEAD", "POST"])
@only(*DESK, Role.ADMIN)
def roster(request: HttpRequest) -> HttpResponse:
    """Show who is on duty and who comes next, or put somebody on the roster."""
    person = _person(request)
    if request.method != "POST":
        return _page(request, person)
    try:
        duties.add(
            by=person,
            user=person_of(request.POST.get("user", ""), "user"),
            begins=_moment(request.POST.get("begins", ""), "begins"),
            ends=_moment(request.POST.get("ends", ""), "ends"),
            phone=request.POST.get("phone", ""),
            weeks=_weeks(request.POST.get("weeks", "1")),
            now=now(),
        )
    except Invalid as error:
        wrong = [{"name": name, "text": gettext(text)} for name, text in error.fields.items()]
        return _page(request, person, status=400, errors=wrong, refusal=said(error))
    messages.success(request, gettext("C'est au tableau."))
    return redirect("console-duty")


@require_POST
@only(*DESK, Role.ADMIN)
def remove(request: HttpRequest, duty: UUID) -> HttpResponse:
    """Take a duty off the roster."""
    duties.remove(duty=duty, by=_person(request), now=now())
    messages.success(request, gettext("C'est retiré du tableau."))
    return redirect("console-duty")


def _moment(text: str, field: str) -> datetime:
    try:
        return local(text)
    except ValueError as error:
        raise Invalid(
            "Cette date n'est pas lisible.", fields={field: "Donnez un jour et une heure."}
        ) from error


def _weeks(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _page(request: HttpRequest, person: Person, status: int = 200, **more: object) -> HttpResponse:
    at = now()
    hours = OpeningHours(reference.current().service_hours)
    opening = hours.next_opening(at)
    typed = {name: request.POST.get(name, "") for name in ("user", "begins", "ends", "phone")}
    if not typed["begins"]:  # the next opening, as a first guess
        begin = opening.astimezone(PARIS)
        end = hours.intervals(begin.date())[-1][1].astimezone(PARIS)
        typed |= {"begins": f"{begin:%Y-%m-%dT%H:%M}", "ends": f"{end:%Y-%m-%dT%H:%M}"}
    errors: list[dict[str, str]] = more.get("errors", [])  # type: ignore[assignment]
    context = {
        "principal": person,
        "may_edit": duties.may_edit(person),
        "on_duty": list(duties.on_duty(at)),
        "coming": list(duties.coming(at).filter(begins_at__gt=at)[:SHOWN]),
        "people": [{"value": str(user.uuid), "label": str(user)} for user in desk()],
        "open": opening == at,
        "opening": opening,
        "typed": typed,
        "weeks": request.POST.get("weeks", "1"),
        "wrong": {one["name"]: one["text"] for one in errors},
        **more,
    }
    return render(request, "console/duty.html", context, status=status)
