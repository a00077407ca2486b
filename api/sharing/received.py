"""The pages of what partners sent: the list, one object, and the two decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from api.models import Push
from api.sharing import quarantine
from api.sharing.reading import Said, said
from api.sharing.views import person_of
from csirt.accounts.access import only
from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError, NotFound
from csirt.kernel.tlp import Tlp
from csirt.web.errors import said as sentence_of
from incidents.queries import visible_to

PAGE = 50
MOST_SHOWN = 100_000  # characters


@require_safe
@only(*DESK)
def received_list(request: HttpRequest) -> HttpResponse:
    """List what waits, oldest first."""
    person = person_of(request)
    after = request.GET.get("apres", "")
    rows = quarantine.waiting()
    if after.isascii() and after.isdigit() and len(after) < 19:
        rows = rows.filter(pk__gt=int(after))
    found = list(rows[: PAGE + 1])
    context = {
        "principal": person,
        "lines": _lines(found[:PAGE], person),
        "next": f"?apres={found[PAGE - 1].pk}" if len(found) > PAGE else "",
        "reference": request.GET.get("dossier", "")[:20],
    }
    return render(request, "sharing/received.html", context)


@require_safe
@only(*DESK)
def received(request: HttpRequest, push: UUID) -> HttpResponse:
    """Show one object as it was sent."""
    person, row = person_of(request), quarantine.received(push)
    [line] = _lines([row], person)
    context = {
        "principal": person,
        "line": line,
        "push": row,
        "words": line.said.words,
        "text": row.bytes[:MOST_SHOWN],
        "open": row.status == Push.Status.QUARANTINED,
    }
    return render(request, "sharing/received_one.html", context)


@dataclass
class Line:
    """One object of the list; its case and values of it are named where the reader may know of them."""

    push: Push
    said: Said
    tlp: str
    reference: str = ""
    about: Sequence[str] = ()  # values of that case


def _lines(rows: list[Push], person: Person) -> list[Line]:
    cases = {row.incident_id for row in rows} - {None}
    known = dict(visible_to(person).filter(pk__in=cases).values_list("pk", "reference"))
    ours = quarantine.values_of_ours([row for row in rows if row.incident_id in known])
    return [
        Line(
            push=row,
            said=said(row.bytes),
            tlp=Tlp(row.tlp).label,
            reference=known.get(row.incident_id or 0, ""),
            about=ours.get(row.pk, ()),
        )
        for row in rows
    ]


@require_POST
@only(*DESK)
def decide(request: HttpRequest) -> HttpResponse:
    """Put the chosen objects into a case, or refuse them."""
    person = person_of(request)
    back = HttpResponseRedirect(reverse("sharing-received"))
    try:
        chosen = [UUID(text) for text in request.POST.getlist("objects")[: PAGE + 1]]
    except ValueError as error:
        raise NotFound from error
    try:
        if request.POST.get("act") == "accept":
            case = quarantine.case_called(request.POST.get("case", ""), person)
            done = quarantine.accept(pushes=chosen, incident=case, by=person, now=now())
            back = HttpResponseRedirect(reverse("console-case", args=[case]))
            sentence = ngettext(
                "%(count)s objet versé au dossier.", "%(count)s objets versés au dossier.", done
            )
        else:
            reason = request.POST.get("reason", "")
            done = quarantine.refuse(pushes=chosen, reason=reason, by=person, now=now())
            sentence = ngettext("%(count)s objet refusé.", "%(count)s objets refusés.", done)
    except NotFound:
        raise
    except DeskError as error:
        messages.error(request, sentence_of(error))
    else:
        messages.success(request, sentence % {"count": done})
    return back
