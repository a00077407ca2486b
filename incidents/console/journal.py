"""The page that searches the journal, and its file for a spreadsheet."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import cast

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from csirt.accounts.access import require_recent_proof
from csirt.accounts.models import User
from csirt.accounts.navigation import entry
from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import DESK, Role
from csirt.journal.models import Head
from csirt.kernel.clock import now, stamp
from csirt.kernel.errors import NotFound
from csirt.kernel.sheets import BOM, line
from csirt.web.templatetags.web import paris
from incidents.console import ledger
from incidents.console.access import for_people
from incidents.console.chronology import OTHERS
from incidents.console.groups import GROUPS
from incidents.console.ledger import Asked
from incidents.services.auditing import note_export

BATCH = 1000  # events read at once for the file


@require_safe
@for_people
def search(request: HttpRequest, person: Person) -> HttpResponse:
    """Show the part of the journal that the person may read and asks for."""
    if not ledger.may_read(person):
        raise NotFound
    asked = Asked.of(request.GET)
    found = list(ledger.events(person, asked)[: ledger.PAGE + 1])
    shown = found[: ledger.PAGE]
    context = {
        "principal": person,
        "asked": asked,
        "entries": ledger.entries(shown, person),
        "groups": [{"value": group.name, "label": group.label} for group in GROUPS.values()],
        "who": [{"value": str(user.uuid), "label": str(user)} for user in _people(person)]
        + [{"value": name, "label": str(label)} for name, (_actor, label) in OTHERS.items()],
        "older": asked.address(shown[-1].seq) if len(found) > len(shown) else "",
        "newest": asked.address() if asked.after else "",
    }
    return render(request, "console/journal.html", context)


@require_POST
@for_people
def export(request: HttpRequest, person: Person) -> HttpResponse:
    """Send what the page asks for as a table; that it left is an event."""
    if not ledger.may_read(person):
        raise NotFound
    require_recent_proof(request)
    asked = replace(Asked.of(request.POST), after=0)
    at = now()
    filters = {
        "person": asked.who,
        "group": asked.group,
        "case": asked.case if asked.case.replace("-", "").isalnum() else "",
        "object": asked.object,
        "since": asked.pairs.get("du", ""),
        "until": asked.pairs.get("au", ""),
    }
    last = Head.objects.get(pk=1).seq
    note_export(by=person, asked=filters, now=at)
    asked = replace(asked, after=last + 1)  # what is written meanwhile is not in it
    pieces = _pieces(person, asked, translation.get_language() or "fr")
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="journal-{at:%Y-%m-%d}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return cast("HttpResponse", response)  # the doors know no other kind


async def _pieces(person: Person, asked: Asked, language: str) -> AsyncIterator[str]:
    batches = _batches(person, asked, language)
    while piece := await sync_to_async(lambda: next(batches, ""))():
        yield piece


def _batches(person: Person, asked: Asked, language: str) -> Iterator[str]:
    """Yield the table's lines, a batch at a time: rights are asked for anew with each."""
    with translation.override(language):
        head = (
            gettext("Numéro"), gettext("Heure de Paris"), gettext("Heure UTC"), gettext("Qui"),
            gettext("Acteur"), gettext("Quoi"), gettext("Genre"), gettext("Dossier"),
            gettext("Objet"), gettext("Identifiant"),
        )  # fmt: skip
    yield BOM + line(head)
    while still := _still(person):
        with translation.override(language):
            found = ledger.entries(ledger.events(still, asked)[:BATCH], still)
            lines = [_line(one) for one in found]
        if not found:
            return
        yield "".join(lines)
        asked = replace(asked, after=found[-1].event.seq)


def _still(person: Person) -> Person | None:
    """Return the person with the rights of this moment, None who may not read of the journal any more."""
    user = User.objects.filter(pk=person.user_id, is_active=True).first()
    now_is = Person.of(user) if user else None
    return now_is if now_is and ledger.may_read(now_is) else None


def _line(one: ledger.Entry) -> str:
    event = one.event
    return line((
        event.seq, paris(event.at, "second"), stamp(event.at), one.who, event.actor, one.what,
        event.kind, one.case, event.object_type, event.object_id,
    ))  # fmt: skip


def _people(person: Person) -> list[User]:
    """Return who may be asked for: the desk; everybody, for who reads of accounts too."""
    people = User.objects.order_by("name", "pk")
    return list(people if person.role in {Role.LEAD, Role.ADMIN} else people.filter(role__in=DESK))


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the journal to who may read some."""
    if not isinstance(principal, Person) or not ledger.may_read(principal):
        return ""
    address = reverse("console-journal")
    return entry(request, address, gettext("Journal"))
