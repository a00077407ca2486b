"""What waits for a person: notices that did not leave, mails set aside, events given up."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from incidents.console.access import for_desk
from incidents.domain.letters import Letter, read
from incidents.models import IncomingMail
from incidents.notifications import waiting as waits
from incidents.services import mailbox, notices

SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@for_desk
def waiting(request: HttpRequest, person: Person) -> HttpResponse:
    """Show what waits, or do what was decided about one of them."""
    if request.method == "POST":
        _decide(request, person)
        return redirect("notifications")
    context = {
        "principal": person,
        "parked": list(waits.parked(person).select_related("incident").order_by("pk")[:SHOWN]),
        "aside": list(waits.aside().defer("raw").order_by("pk")[:SHOWN]),
        "events": list(waits.events().order_by("pk")[:SHOWN]),
    }
    return render(request, "notifications/waiting.html", context)


def _decide(request: HttpRequest, person: Person) -> None:
    """Carry one decision out; raises ``NotFound`` for what is gone, hidden or no decision."""
    try:
        about = UUID(request.POST.get("about", ""))
    except ValueError as error:
        raise NotFound from error
    match request.POST.get("do", ""):
        case "retry":
            notices.retry(notice=about, by=person, now=now())
            messages.success(request, gettext("L'avis repart."))
        case "drop":
            notices.drop(notice=about, by=person, now=now())
        case "case":
            row = mailbox.settle(mail=about, by=person, letter=_letter(about), now=now())
            if row.incident is not None:
                said = gettext("Ce courriel est dans le dossier %(reference)s.")
                messages.success(request, said % {"reference": row.incident.reference})
        case "dismiss":
            mailbox.settle(mail=about, by=person, letter=None, now=now())
        case _:
            raise NotFound


def _letter(about: UUID) -> Letter:
    """Return the mail as it is read; of one too large to be kept, what was kept of it."""
    row = waits.aside().filter(uuid=about).first()
    if row is None:
        raise NotFound
    return read(bytes(row.raw)) if row.raw is not None else _remembered(row)


def _remembered(row: IncomingMail) -> Letter:
    return Letter(row.fingerprint, row.name, row.sender, "", row.subject, row.text)
