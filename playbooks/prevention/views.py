"""Work before an attack: its lines beside a body of the directory, and two lists of who needs some."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from csirt.accounts.navigation import entry
from csirt.accounts.principals import Person, Principal
from csirt.directory.models import Contact, Organisation
from csirt.directory.queries import visible_organisations
from csirt.kernel import codes
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import Invalid, NotFound
from csirt.web import errors, panels
from incidents.console.access import for_readers
from incidents.domain.moments import PARIS
from incidents.queries import visible_to
from playbooks.models import Prevention
from playbooks.services import prevention

PAGE = 50
SHOWN = 20  # lines beside a body
VIEWS = {"touches": _("Touchés cette année, rien depuis"), "sans-telephone": _("Sans téléphone")}
NUMBERS = ("people", "clicked", "reported")


def register() -> None:
    """Fill the slots; called when the app is ready."""
    panels.register("console.organisation", "avant", "Avant une attaque", panel, order=20)
    panels.register("console.more", "avant", "Prévention", navigation, order=48)


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the two lists to who sees bodies."""
    if not isinstance(principal, Person) or not principal.sees_cases:
        return ""
    return entry(request, reverse("prevention"), gettext("Prévention"))


def panel(request: HttpRequest, organisation: Organisation, principal: Principal) -> str:
    """Draw what a body did before, with a form that notes more."""
    if not isinstance(principal, Person):
        return ""
    return _drawn(request, organisation, {}, {})


@require_safe
@for_readers
def needing(request: HttpRequest, person: Person) -> HttpResponse:
    """List the bodies that somebody should turn to."""
    view = request.GET.get("vue", "")
    view = view if view in VIEWS else next(iter(VIEWS))
    rows = without_phone(person) if view == "sans-telephone" else hit(person, read_clock())
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    tabs = [
        {"label": label, "href": f"?vue={name}", "current": name == view}
        for name, label in VIEWS.items()
    ]
    context = {"principal": person, "tabs": tabs, "view": view, "page": page, "rows": list(page)}
    return render(request, "playbooks/prevention/needing.html", context)


@require_POST
@for_readers
def write(request: HttpRequest, person: Person, organisation: UUID) -> HttpResponse:
    """Note one line, or take one away; a form that is wrong comes back with what was typed."""
    body = visible_organisations(person).filter(uuid=organisation).first()
    if body is None:
        raise NotFound
    now = read_clock()
    try:
        if gone := request.POST.get("retirer"):
            prevention.remove(organisation=organisation, work=_uuid(gone), by=person, now=now)
        else:
            told, token = _told(request), request.POST.get("envoi", "")
            prevention.note(organisation=organisation, by=person, told=told, token=token, now=now)
    except Invalid as error:
        wrong = {name: gettext(said) for name, said in error.fields.items()}
        html = _drawn(request, body, wrong or {"kind": errors.said(error)}, request.POST.dict())
        context = {"organisation": body, "principal": person, "panel": html}
        return render(request, "playbooks/prevention/again.html", context, status=400)
    messages.success(request, gettext("C'est noté."))
    return redirect("directory-organisation", organisation)


def without_phone(person: Person) -> QuerySet[Organisation]:
    """Return the bodies that nobody could call: no contact has a telephone that is of use."""
    reached = Contact.objects.filter(organisation=OuterRef("pk"), phone_trust=Contact.Trust.GOOD)
    rows = visible_organisations(person).exclude(Exists(reached.exclude(phone="")))
    return rows.select_related("commune").order_by("name", "pk")


def hit(person: Person, at: datetime) -> QuerySet[Organisation]:
    """Return the bodies with a case of this year that *person* sees, and no work since, last hit first."""
    year = at.astimezone(PARIS).replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    cases = visible_to(person).filter(organisation=OuterRef("pk"), opened_at__gte=year)
    last = Subquery(cases.order_by("-opened_at").values("opened_at")[:1])
    since = Prevention.objects.filter(organisation=OuterRef("pk"), on__gte=OuterRef("last_day"))
    rows = (
        visible_organisations(person)
        .annotate(last_hit=last)
        .filter(last_hit__isnull=False)
        .annotate(last_day=TruncDate("last_hit", tzinfo=PARIS))
    )
    return rows.exclude(Exists(since)).select_related("commune").order_by("-last_hit", "pk")


def _drawn(
    request: HttpRequest, body: Organisation, wrong: dict[str, str], typed: dict[str, Any]
) -> str:
    context = {
        "organisation": body,
        "rows": list(body.preventions.order_by("-on", "-pk")[:SHOWN]),
        "token": codes.new_token(),
        "kinds": [{"value": v, "label": label} for v, label in Prevention.Kind.choices],
        "wrong": wrong,
        "typed": typed,
    }
    return render_to_string("playbooks/prevention/panel.html", context, request)


def _told(request: HttpRequest) -> prevention.Told:
    try:
        on = date.fromisoformat(request.POST.get("on", ""))
    except ValueError as error:
        raise Invalid(fields={"on": "Donnez un jour."}) from error
    numbers = {}
    for name in NUMBERS:
        text = request.POST.get(name, "").strip()
        if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
            raise Invalid(fields={name: "Donnez un nombre de personnes."})
        numbers[name] = int(text) if text else None
    return prevention.Told(kind=request.POST.get("kind", ""), on=on, **numbers)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
