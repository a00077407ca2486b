"""One observable of a case: its page, where else it was seen, judging; and a text that is pasted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.db.models.fields.tuple_lookups import TupleLessThan  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now, stamp
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean, defang_within
from incidents import queries
from incidents.console import acts, timeline
from incidents.console.access import for_readers
from incidents.console.forms import instant
from incidents.console.people import actor_name, names_of
from incidents.console.verbs import version_of
from incidents.domain.lifecycle import State
from incidents.domain.observables import Found, extract
from incidents.models import Incident, Observable
from incidents.services import observing
from incidents.services.observing import value_digest

PAGE = 50
MOST = 400  # values to choose from at once: a form has 500 fields at most
_TO = "#observables-title"


@dataclass(frozen=True)
class New:
    """A value of a pasted text that the case does not have yet."""

    type: str
    value: str
    digest: str
    elsewhere: bool  # in another case that the reader sees


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def one(request: HttpRequest, person: Person, case: UUID, observable: UUID) -> HttpResponse:
    """Show a value and the other cases that have it; posted: say what it is."""
    found, row = _of(person, case, observable)
    if request.method == "POST":
        return _judge(request, person, case, observable)
    return render(request, "console/observable.html", _context(request, person, found, row))


@require_POST
@for_readers
def take_back(request: HttpRequest, person: Person, case: UUID, observable: UUID) -> HttpResponse:
    """Take the last judgement of this person back."""
    _of(person, case, observable)
    try:
        observing.unjudge(incident=case, observable=observable, by=person, now=now())
    except (Invalid, Conflict) as error:
        return acts.back(request, person, case, "", error)
    return redirect(reverse("console-case", args=[case]) + _TO)


def _judge(request: HttpRequest, person: Person, case: UUID, observable: UUID) -> HttpResponse:
    try:
        row = observing.judge(
            incident=case,
            observable=observable,
            version=version_of(request),
            by=person,
            role=request.POST.get("role", ""),
            now=now(),
        )
    except (Invalid, Conflict) as error:
        return acts.back(request, person, case, "observables", error)
    way = reverse("console-unjudge", args=[case, observable])
    acts.offer_undo(request, case, row.get_role_display().capitalize(), way)
    return redirect(reverse("console-case", args=[case]) + _TO)


@require_POST
@for_readers
def paste(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Show what a pasted text holds; with ``garder``, keep what was chosen of it."""
    found = queries.get(person, case)
    if not person.works_cases:
        raise NotAllowed
    text = request.POST.get("coller-text", "")
    try:
        if request.POST.get("garder") == "oui":
            return _keep(request, person, case, text)
        context = _read(person, found, text)
    except Invalid as error:
        return acts.back(request, person, case, "coller", error)
    context |= {"principal": person, "case": found, "text": text}
    return render(request, "console/pasted.html", context)


def _keep(request: HttpRequest, person: Person, case: UUID, text: str) -> HttpResponse:
    chosen = set(request.POST.getlist("choisi"))
    kept = observing.paste_observables(
        incident=case, by=person, text=text, chosen=chosen, now=now()
    )
    said = gettext("Observables ajoutés : %(count)s.") % {"count": len(kept)}
    messages.info(request, said)
    return redirect(reverse("console-case", args=[case]) + _TO)


def _read(person: Person, case: Incident, text: str) -> dict[str, Any]:
    """Return what *text* holds: new, already there, the victim's own; raises ``Invalid``."""
    if not text.strip():
        raise Invalid("Il manque un texte.", fields={"text": "Collez un courriel ou un journal."})
    found = {_digest(one): one for one in observing.found_in(case, text)}
    here = set(
        case.observables.filter(value_digest__in=found).values_list("value_digest", flat=True)
    )
    others = Observable.objects.filter(queries.hangs_under(person), value_digest__in=found)
    elsewhere = set(others.exclude(incident=case).values_list("value_digest", flat=True).distinct())
    own = {_digest(one): one for one in extract(clean(text))}
    fresh = [
        New(one.type, one.value, digest, elsewhere=digest in elsewhere)
        for digest, one in found.items()
        if digest not in here
    ]
    return {
        "fresh": fresh[:MOST],
        "rest": len(fresh[MOST:]),
        "known": [one for digest, one in found.items() if digest in here],
        "own": [one for digest, one in own.items() if digest not in found],
    }


def _digest(one: Found) -> str:
    return value_digest(one.type, one.value)


def _of(person: Person, case: UUID, observable: UUID) -> tuple[Incident, Observable]:
    found = queries.get(person, case)
    row = Observable.objects.filter(incident=found, uuid=observable).first()
    if row is None:
        raise NotFound
    return found, row


def _context(
    request: HttpRequest, person: Person, case: Incident, row: Observable
) -> dict[str, Any]:
    others = queries.appearances(person, row.value_digest).exclude(incident=case)
    begins = _begins(request.GET.get("apres", ""))
    if begins:
        others = others.filter(TupleLessThan((F("seen_at"), F("pk")), begins))
    page = list(
        others.select_related("incident__organisation").order_by("-seen_at", "-pk")[: PAGE + 1]
    )
    last = page[PAGE - 1] if len(page) > PAGE else None
    events = Event.objects.filter(
        object_type=Observable._meta.label_lower, object_id=str(row.uuid)
    ).order_by("-seq")
    who, _sep, name = row.found_by.partition(":")
    return {
        "principal": person,
        "case": case,
        "observable": row,
        "live": request.GET.get("vive") == "oui",
        "found_by": actor_name(row.found_by, names_of([name] if who == "user" else [])),
        "lines": timeline.lines(events),
        "cases": [_with_words(one) for one in page[:PAGE]],
        "next": f"?apres={stamp(last.seen_at)}_{last.pk}#ailleurs" if last else "",
    }


def _with_words(row: Observable) -> Observable:
    """Add what the list shows of the case where a value was seen."""
    case: Any = row.incident
    name = case.organisation.name if case.organisation else case.organisation_name
    row.who = defang_within(name) or case.get_victim_kind_display()  # type: ignore[attr-defined]
    row.state_label = gettext(State(case.state).label)  # type: ignore[attr-defined]
    return row


def _begins(text: str) -> tuple[datetime, int] | None:
    """Read where a page begins; None when it is nowhere."""
    moment, _sep, key = text.partition("_")
    at = instant(moment)
    return (at, int(key)) if at and key.isascii() and key.isdigit() and len(key) < 18 else None
