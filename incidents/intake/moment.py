"""When the victim knew, told or made more precise after sending: the legal clocks begin there."""

from collections.abc import Mapping
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from csirt.directory import reference
from csirt.kernel.errors import Conflict, Invalid
from incidents.domain.answers import FormError, Refused, read
from incidents.domain.questions import Page
from incidents.domain.walk import Asked
from incidents.intake import fields
from incidents.intake.door import Visit, visiting
from incidents.intake.places import communes
from incidents.services.answering import tell_moment

QUESTION = "quand"
PASSED = {"maintenant"}  # what nobody can answer any more, once it is filed


@require_http_methods(["GET", "HEAD", "POST"])
@visiting
def moment(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask when the victim knew, or take it."""
    kind = visit.case.victim_kind
    if request.method != "POST":
        return _ask(request, visit)
    raw = fields.prepared(_page(kind), dict(request.POST.lists()))
    question = reference.current().questions[QUESTION]
    try:
        answer = read(question, raw, kind=kind, required=True, now=visit.now, communes=communes)
        tell_moment(victim=visit.victim, answer=str(answer), now=visit.now)
    except Refused as refused:
        return _ask(request, visit, raw, refused.error)
    except (Invalid, Conflict) as error:
        part = "_date" if raw.get(f"{QUESTION}_date", [""])[-1].strip() else ""
        return _ask(request, visit, raw, FormError(QUESTION, QUESTION + part, error.sentence))
    return redirect(f"{reverse('intake:followup')}?fait=moment#clocks")


def field(kind: str) -> fields.Field:
    """Return the question as a part of another page."""
    return replace(fields.shown(_page(kind), {}).fields[0], heading=False)


def _page(kind: str) -> Page:
    question = reference.current().questions[QUESTION]
    offered = tuple(o for o in question.options_for(kind) if o.id not in PASSED)
    return Page("moment", "after", (Asked(question, offered, required=True, answer=None),))


def _ask(
    request: HttpRequest,
    visit: Visit,
    raw: Mapping[str, list[str]] | None = None,
    error: FormError | None = None,
) -> HttpResponse:
    shown = fields.shown(_page(visit.case.victim_kind), raw, (error,) if error else ())
    context = {
        "action": reverse("intake:moment"),
        "case": visit.case,
        "shown": shown,
        "title": shown.fields[0].label,
        "errors": shown.errors,
    }
    return render(request, "intake/later.html", context)
