"""What somebody makes of the queue for themselves: their views, and how close its rows stand."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from csirt.accounts import services as accounts
from csirt.accounts.models import Density
from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid
from csirt.web.errors import said
from incidents.console import queue
from incidents.console.access import for_readers
from incidents.console.filters import Filters
from incidents.console.saved import VIEWS
from incidents.models import SavedView
from incidents.services import views


def tabs(person: Person, filters: Filters) -> list[dict[str, Any]]:
    """Return the views of the queue, then one's own, each with its address and its counter."""
    found = {view.name: Filters(view, me=person) for view in VIEWS.values()}
    names = {view.name: view.label for view in VIEWS.values()}
    own = {}
    for view in SavedView.objects.filter(user=person.user_id).order_by("name"):
        own[str(view.uuid)] = view
        names[str(view.uuid)] = view.name
        # The words of a case are the search's: a counter of them would cost what a search does.
        asked = QueryDict(view.address.lstrip("?"))
        found[str(view.uuid)] = Filters.of(asked, person, search=False)
    counts = queue.counts(person, {name: one for name, one in found.items() if not one.text})
    here = filters.address()
    kept = next((name for name in own if found[name].address() == here), None)
    return [
        {
            "label": names[name],
            "href": one.address(),
            "current": name == kept or (kept is None and name == filters.view.name),
            "count": counts.get(name, ""),
            "spec": json.dumps(one.spec()) if name in counts else "",
            "kept": own.get(name),
        }
        for name, one in found.items()
    ]


@require_POST
@for_readers
def keep(request: HttpRequest, person: Person) -> HttpResponse:
    """Keep the address that a page shows under a name; go to it."""
    address = _address(request, person)
    name = request.POST.get("name", "")
    try:
        views.keep_view(by=person, name=name, address=address, now=now())
    except Invalid as error:
        messages.error(request, said(error))
    else:
        messages.success(request, gettext("Cette vue est gardée."))
    return redirect(reverse("console") + address)


@require_POST
@for_readers
def forget(request: HttpRequest, person: Person, view: UUID) -> HttpResponse:
    """Let go of one of one's own views; the first view of the queue follows."""
    views.forget_view(by=person, view=view, now=now())
    messages.success(request, gettext("Cette vue est effacée."))
    return redirect("console")


@require_POST
@for_readers
def density(request: HttpRequest, person: Person) -> HttpResponse:
    """Set how close rows stand, and come back to the same address of the queue."""
    wanted = request.POST.get("density", "")
    if wanted in Density.values:
        accounts.set_preferences(user=request.user, density=wanted, now=now())  # type: ignore[arg-type]
    return redirect(reverse("console") + _address(request, person))


def _address(request: HttpRequest, person: Person) -> str:
    """Return the address that a form of the page names, as the queue writes its own."""
    query = QueryDict(request.POST.get("address", "").lstrip("?")[:10_000])
    return Filters.of(query, person, search=False).address()
