"""The first gestures of a playbook: a page to print or to show, and the ticks of the follow-up page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from csirt.directory import reference
from csirt.kernel.errors import Conflict, NotFound
from csirt.web import errors
from incidents.intake.door import Visit, visiting
from incidents.intake.fields import Problem
from incidents.intake.panels import SHOWN, TICKS
from incidents.intake.words import said, said_all
from incidents.services.ticking import tick_later


@require_safe
def printable(request: HttpRequest, playbook: str) -> HttpResponse:
    """Show what to do and what not to do. Public: it says nothing of anybody."""
    book = reference.current().playbooks.get(playbook)
    if book is None:
        raise NotFound
    context = {
        "title": said(book, "title"),
        "do": said_all(book, "first_minutes"),
        "dont": said_all(book, "dont"),
    }
    return render(request, "intake/gestures_page.html", context)


@require_POST
@visiting
def tick(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take which gestures are done by now, from the panel of the follow-up page."""
    from incidents.intake.followup import page  # that page holds the panel

    try:
        tick_later(
            victim=visit.victim,
            bundle=reference.current(),
            shown=request.POST.get(SHOWN, ""),
            ticked=request.POST.getlist(TICKS),
            now=visit.now,
        )
    except Conflict as error:
        problems = [Problem(f"{TICKS}-1", errors.said(error))]
        return page(request, visit, errors=problems, gestures_open=True)
    return redirect(f"{reverse('intake:followup')}?fait=gestes#gestures-do")
