"""The campaigns: which there are, what the cases of one have in common, and the forms about them.

Of cases that the reader may not see nothing is shown and nothing counted.
"""

from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts.principals import Person, Principal
from csirt.directory.models import Commune, Department
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError, NotFound
from csirt.web import errors, panels
from incidents import queries
from incidents.console import queue
from incidents.console.access import for_desk
from incidents.console.forms import Returned, case_named
from incidents.console.together import chosen
from incidents.console.verbs import version_of
from incidents.domain.observables import ObservableType
from incidents.live import rows
from incidents.models import Campaign, Incident, Observable, ObservableRole
from incidents.services import campaigns

SHOWN = 100  # cases on a campaign's page; the queue shows all that go on
SHARED = 30  # observables
_NOT_SHARED = (ObservableRole.VICTIM, ObservableRole.FALSE_POSITIVE)


def register() -> None:
    """Fill the case page's slot; called when the app is ready."""
    panels.register("console.case.aside", "campagne", "Campagne", panel, order=5)


@require_http_methods(["GET", "HEAD", "POST"])
@for_desk
def every(request: HttpRequest, person: Person) -> HttpResponse:
    """List the campaigns, the open ones first; open one (POST)."""
    if request.method == "POST":
        try:
            campaign = campaigns.open_campaign(
                by=person,
                name=request.POST.get("campagne-name", ""),
                description=request.POST.get("campagne-description", ""),
                now=now(),
            )
        except DeskError as error:
            return _list(request, person, error)
        return redirect("console-campaign", campaign.uuid)
    return _list(request, person)


@require_http_methods(["GET", "HEAD", "POST"])
@for_desk
def one(request: HttpRequest, person: Person, campaign: UUID) -> HttpResponse:
    """Show a campaign with what its visible cases share; change its words (POST)."""
    row = _get(campaign)
    if request.method != "POST":
        return _show(request, person, row)
    return _do(
        request, person, row, "campagne",
        lambda: campaigns.edit_campaign(
            campaign=campaign, version=version_of(request), by=person, now=now(),
            name=request.POST.get("campagne-name", ""),
            description=request.POST.get("campagne-description", ""),
        ),
    )  # fmt: skip


@require_POST
@for_desk
def close(request: HttpRequest, person: Person, campaign: UUID) -> HttpResponse:
    """Close a campaign."""
    return _do(
        request, person, _get(campaign), "",
        lambda: campaigns.close_campaign(
            campaign=campaign, version=version_of(request), by=person, now=now()
        ),
    )  # fmt: skip


@require_POST
@for_desk
def reopen(request: HttpRequest, person: Person, campaign: UUID) -> HttpResponse:
    """Open a closed campaign again."""
    return _do(
        request, person, _get(campaign), "",
        lambda: campaigns.reopen_campaign(
            campaign=campaign, version=version_of(request), by=person, now=now()
        ),
    )  # fmt: skip


@require_POST
@for_desk
def add(request: HttpRequest, person: Person, campaign: UUID) -> HttpResponse:
    """Put the case whose reference is given into the campaign."""
    row = _get(campaign)

    def act() -> object:
        uuid = case_named(person, request.POST.get("ajouter-into", ""))
        case = queries.get(person, uuid)
        return campaigns.put(
            incident=uuid, version=case.version, by=person, campaign=campaign, now=now()
        )

    return _do(request, person, row, "ajouter", act)


@require_POST
@for_desk
def remove(request: HttpRequest, person: Person, campaign: UUID) -> HttpResponse:
    """Take a case out of this campaign."""
    row = _get(campaign)
    cases = chosen(request.POST)
    if len(cases) != 1:
        raise NotFound
    [(case, version)] = cases.items()
    queries.get(person, case)
    return _do(
        request, person, row, "",
        lambda: campaigns.take_out(
            campaign=campaign, incident=case, version=version, by=person, now=now()
        ),
    )  # fmt: skip


def panel(request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Tell which campaign a case is in, with the way to change it; the desk's alone."""
    if not isinstance(principal, Person) or not principal.works_cases:
        return ""
    return render_to_string("console/campaign_panel.html", {"case": case}, request)


def _get(campaign: UUID) -> Campaign:
    row = Campaign.objects.filter(uuid=campaign).first()
    if row is None:
        raise NotFound
    return row


def _do(request: HttpRequest, person: Person, row: Campaign, form: str, act: Any) -> HttpResponse:
    try:
        act()
    except NotFound:
        raise
    except DeskError as error:
        if error.status >= 500:
            raise
        return _show(request, person, _get(row.uuid), form, error)
    return redirect("console-campaign", row.uuid)


def _members(person: Person, campaign: Campaign) -> QuerySet[Incident]:
    return queries.visible_to(person).filter(campaign=campaign)


def _list(request: HttpRequest, person: Person, error: DeskError | None = None) -> HttpResponse:
    counted = {
        row["campaign"]: row
        for row in queries.visible_to(person)
        .exclude(campaign=None)
        .values("campaign")
        .annotate(count=Count("pk"), first=Min("opened_at"), last=Max("opened_at"))
    }
    found = Campaign.objects.order_by("-opened_at", "-pk")
    context = {
        "principal": person,
        "campaigns": [
            (row, counted.get(row.pk, {"count": 0}))
            for row in sorted(found, key=lambda row: row.closed_at is not None)
        ],
        **_refusal(request, "campagne", error),
    }
    return render(request, "console/campaigns.html", context, status=error.status if error else 200)


def _show(
    request: HttpRequest,
    person: Person,
    campaign: Campaign,
    form: str = "",
    error: DeskError | None = None,
) -> HttpResponse:
    members = _members(person, campaign)
    facts = members.aggregate(count=Count("pk"), first=Min("opened_at"), last=Max("opened_at"))
    latest = rows.fetch(members.order_by("-opened_at", "-pk")[:SHOWN])
    codes = rows.with_names(members).values_list("department", flat=True)  # type: ignore[misc]  # its own
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    context = {
        "principal": person,
        "campaign": campaign,
        "facts": facts,
        "more": facts["count"] > SHOWN,
        "rows": [queue.shown(row, language) for row in latest.values()],
        "departments": list(Department.objects.filter(code__in=set(codes)).order_by("code")),
        "communes": Commune.objects.filter(pk__in=members.values("commune")).order_by("name"),
        "shared": _shared(members),
        **_refusal(request, form, error),
    }
    return render(request, "console/campaign.html", context, status=error.status if error else 200)


def _shared(members: QuerySet[Incident]) -> list[tuple[Observable, int]]:
    """Return the observables that two of these cases have, the most common first."""
    found = Observable.objects.filter(incident__in=members).exclude(role__in=_NOT_SHARED)
    common = (
        found.exclude(type=ObservableType.PORT)
        .values("type", "value")
        .annotate(count=Count("incident", distinct=True))
        .filter(count__gte=2)
        .order_by("-count", "type", "value")[:SHARED]
    )
    return [(Observable(type=one["type"], value=one["value"]), one["count"]) for one in common]


def _refusal(request: HttpRequest, form: str, error: DeskError | None) -> dict[str, Any]:
    if error is None:
        return {"returned": Returned()}
    wrong = getattr(error, "fields", {})
    returned = Returned(form, request.POST.dict(), wrong)
    return {"returned": returned, "refusal": errors.said(error)}
