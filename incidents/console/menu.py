"""What the console adds to the pages of other rooms: its navigation, the cases of an organisation."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from csirt.accounts.navigation import entry
from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import Role
from csirt.directory.models import Commune, Organisation
from csirt.web import panels
from incidents import queries
from incidents.console import doubles, journal, upkeep
from incidents.domain.lifecycle import State
from incidents.models import Incident

SHOWN = 10  # cases beside an organisation or a place


def register() -> None:
    """Fill the slots; called when the app is ready."""
    panels.register("console.navigation", "dossiers", "Dossiers", navigation, order=10)
    panels.register("console.more", "campagnes", "Campagnes", campaigns, order=10)
    panels.register("console.more", "journal", "Journal", journal.navigation, order=70)
    panels.register("console.more", "etat", "État du service", upkeep.navigation, order=90)
    panels.register("console.organisation", "dossiers", "Dossiers", of_organisation)
    panels.register("console.organisation", "doublon", "Doublon", doubles.panel, order=80)
    panels.register("console.place", "dossiers", "Dossiers", of_place)


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the queue to who sees cases, and to the phone form to who works them."""
    if not isinstance(principal, Person):
        return ""
    if principal.role == Role.READER:
        wall = reverse("console-wall")
        return entry(request, wall, gettext("Écran mural"), exact=True)
    if not principal.sees_cases:
        return ""
    entries = [entry(request, reverse("console"), gettext("Dossiers"), exact=True)]
    if principal.works_cases:
        entries.append(entry(request, reverse("console-inbox"), gettext("À trier")))
    entries.append(entry(request, reverse("console-clocks"), gettext("Horloges"), exact=True))
    if principal.works_cases:
        entries.append(
            entry(request, reverse("console-file"), gettext("Par téléphone"), exact=True)
        )
    return "\n".join(entries)


def campaigns(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the campaigns to who works cases."""
    if not isinstance(principal, Person) or not principal.works_cases:
        return ""
    address = reverse("console-campaigns")
    return entry(request, address, gettext("Campagnes"))


def of_organisation(request: HttpRequest, organisation: Organisation, principal: Principal) -> str:
    """Show the visible cases of an organisation, the latest first."""
    return _cases(request, queries.visible_to(principal).filter(organisation=organisation))


def of_place(request: HttpRequest, commune: Commune, principal: Principal) -> str:
    """Show the visible cases of a commune, the latest first."""
    return _cases(request, queries.visible_to(principal).filter(commune=commune))


def _cases(request: HttpRequest, cases: QuerySet[Incident]) -> str:
    latest: list[Any] = list(cases.order_by("-opened_at", "-id")[: SHOWN + 1])
    context = {
        "more": len(latest) > SHOWN,
        "cases": [(case, gettext(State(case.state).label)) for case in latest[:SHOWN]],
    }
    return render_to_string("console/cases_of.html", context, request)
