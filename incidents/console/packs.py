"""The complaint pack in the console: asked for, waited for, taken away once."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from incidents import kinds, queries
from incidents.console import timeline
from incidents.console.access import for_desk
from incidents.models import Pack
from incidents.packing import asking

REFRESH = 2  # seconds between two looks of a page that waits


def register() -> None:
    """Say our events; called when the app is ready."""
    timeline.tell(
        kinds.PACK_DOWNLOADED.name,
        _("%(who)s a téléchargé le dossier de plainte, SHA-256 %(short)s."),
        lambda data, _names: {**data, "short": str(data.get("sha256", ""))[:12]},
    )
    timeline.tell(
        kinds.PACK_OFFERED.name, _("%(who)s a mis le dossier de plainte sur la page de la victime.")
    )
    timeline.tell(
        kinds.PACK_HELD_BACK.name,
        _("%(who)s a retiré le dossier de plainte de la page de la victime."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_desk
def pack(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Say what a pack holds; posted: have one drawn, or say whether the victim may."""
    found = queries.get(person, case)
    if found.erased_at is not None:
        raise NotFound
    if request.method == "POST" and (offered := request.POST.get("victime")):
        asking.offer(incident=case, by=person, offered=offered == "oui", now=now())
        messages.success(request, gettext("C'est noté."))
        return redirect("console-pack", case)
    if request.method == "POST":
        return redirect("console-pack-link", asking.ask(incident=case, by=person, now=now()))
    context = {"principal": person, "case": found, "offered": asking.is_offered(found)}
    return render(request, "console/pack.html", context)


@require_safe
@for_desk
def waiting(request: HttpRequest, person: Person, pack: str) -> HttpResponse:
    """Say how far the pack is; the page looks again by itself until it is ready."""
    link = asking.look(secret=pack, by=person, now=now())
    context = {
        "principal": person,
        "case": link.incident,
        "link": link,
        "pack": pack,
        "offered": asking.is_offered(link.incident),
    }
    response = render(request, "console/pack.html", context)
    response["Cache-Control"] = "no-store"
    if not (link.copy or link.failed):
        response["Refresh"] = str(REFRESH)
    return response


@require_GET
@for_desk
def fetch(request: HttpRequest, person: Person, pack: str) -> HttpResponse:  # noqa: ARG001
    """Send the PDF that this link is for, once."""
    link = asking.fetch(secret=pack, by=person, now=now())
    return as_file(link, asking.opened(link, pack))


def as_file(link: Pack, pdf: bytes) -> HttpResponse:
    """Return the answer that carries a pack."""
    response = HttpResponse(pdf, content_type="application/pdf")
    name = f"{link.incident.reference}-plainte.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response
