"""One box for places and organisations, and the page of a place."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from csirt.accounts.access import only
from csirt.accounts.principals import principal_of
from csirt.accounts.roles import SEES_CASES
from csirt.directory import queries
from csirt.directory.search import SHORTEST, search_places
from csirt.kernel.text import clean_line

MOST_PLACES = 20


@require_safe
@only(*SEES_CASES)
def directory(request: HttpRequest) -> HttpResponse:
    """Show the box and, once something was typed, the places and organisations it may mean."""
    person = principal_of(request)
    text = clean_line(request.GET.get("q", ""))[:200]
    asked = len(text) >= SHORTEST
    context = {
        "principal": person,
        "q": text,
        "asked": asked,
        "too_short": bool(text) and not asked,
        "places": search_places(text, limit=MOST_PLACES) if asked else [],
        "found": queries.search_organisations(person, text) if asked else None,
    }
    return render(request, "directory/search.html", context)


@require_safe
@only(*SEES_CASES)
def place(request: HttpRequest, commune: str) -> HttpResponse:
    """Show a commune; a former one's code leads to the present one."""
    person = principal_of(request)
    row = queries.place(commune)
    if row.pk != commune:
        return HttpResponseRedirect(reverse("directory-place", args=[row.pk]))
    context = {
        "principal": person,
        "place": row,
        "former": sorted({former.name for former in row.former.all()} - {row.name}),
        "bodies": queries.bodies_of(person, row),
    }
    return render(request, "directory/place.html", context)
