"""The first gestures of a playbook, on a page to print or to show to somebody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from csirt.directory import reference
from csirt.kernel.errors import NotFound
from incidents.intake.words import said, said_all


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
