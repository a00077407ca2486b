"""What a counsellor sees: the bodies that it serves, and what each should do next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from csirt.accounts.navigation import entry
from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import Role
from csirt.directory.models import Organisation
from csirt.directory.queries import visible_organisations
from csirt.kernel import codes
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import NotFound
from csirt.web import panels
from incidents.console.access import for_people
from playbooks.kit import visits
from playbooks.kit.views import compared, next_theme, shown
from playbooks.models import Kit, KitRound
from playbooks.services import kits

PAGE = 50


@dataclass(frozen=True)
class Served:
    """One body. ``last``: its latest result, as ``views.shown``; None when it has none."""

    body: Organisation
    last: dict[str, Any] | None
    before: dict[str, Any] | None  # the result before, as ``views.compared``
    due: bool
    under_way: datetime | None
    token: str  # of its own form: two bodies never share a kit


def register() -> None:
    """Fill the slot of the navigation; called when the app is ready."""
    panels.register("console.more", "kits", "Kits", navigation, order=47)


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give a counsellor the way to the kits of the bodies that it serves."""
    if not isinstance(principal, Person) or principal.role != Role.OPERATOR:
        return ""
    address = reverse("kits")
    return entry(request, address, gettext("Kits"))


@require_safe
@for_people
def served(request: HttpRequest, person: Person) -> HttpResponse:
    """List the bodies that a counsellor serves; nobody else has such a page."""
    if person.role != Role.OPERATOR:
        raise NotFound
    rounds = KitRound.objects.order_by("-begun_at")
    known = Prefetch("kits", Kit.objects.prefetch_related(Prefetch("rounds", rounds)))
    bodies = visible_organisations(person).prefetch_related(known).order_by("name", "pk")
    page = Paginator(bodies, PAGE).get_page(request.GET.get("page"))
    now = read_clock()
    context = {
        "principal": person,
        "rows": [_row(body, now) for body in page],
        "page": page,
    }
    return render(request, "playbooks/kit/served.html", context)


@require_POST
@for_people
def begin(request: HttpRequest, person: Person, organisation: UUID) -> HttpResponse:
    """Begin a kit with a body: its code is for the body, and it opens in this browser too."""
    now = read_clock()
    made = kits.open_kit(
        token=request.POST.get("envoi", ""), now=now, by=person, organisation=organisation
    )
    visits.begin(request, made.kit, now)
    context = {
        "code": codes.grouped(made.code),
        "next_theme": next_theme(made.kit),
        "body": made.kit.organisation,
    }
    return render(request, "playbooks/kit/code.html", context)


def _row(body: Organisation, now: datetime) -> Served:
    rounds = sorted(
        (one for kit in body.kits.all() for one in kit.rounds.all()),
        key=lambda one: one.begun_at,
        reverse=True,
    )
    done = [one for one in rounds if one.done_at is not None]
    return Served(
        body=body,
        last=shown(done[0]) if done else None,
        before=compared(done[1], done[0]) if len(done) > 1 else None,
        due=bool(done) and done[0].begun_at + kits.AGAIN <= now,
        under_way=rounds[0].begun_at if rounds and rounds[0].done_at is None else None,
        token=codes.new_token(),
    )
