"""What is done to a case from its page: read the form, call one service, come back.

A form that cannot be carried out comes back on the page with what was typed: a wrong value (400),
an act that the role does not have (403), a case that somebody changed first (409).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from csirt.accounts.principals import Person
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, DeskError, Invalid, NotFound
from csirt.kernel.text import clean_line
from csirt.web import errors, panels
from incidents import queries
from incidents.console import case as pages
from incidents.console import forms
from incidents.console.access import for_readers
from incidents.console.chronology import Asked
from incidents.console.verbs import ACTS, Act, before_lowering, version_of
from incidents.domain.lifecycle import State
from incidents.models import Incident, Report, Trust
from incidents.notifications import header, words
from incidents.notifications import panels as mail_panels
from incidents.services import casework, following, moving, text_drafts, undoing

BACK = {"tri": "console-inbox"}  # where a form may ask to come back to
LONGEST_REFERENCE = 16  # characters


@require_safe
@for_readers
def show(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Show a case, and note who read it. ``?doublon=``: with the form that joins it to that one."""
    returned = forms.Returned()
    if duplicate_of := clean_line(request.GET.get("doublon", "")):
        returned = forms.Returned("merge", {"merge-into": duplicate_of[:LONGEST_REFERENCE]})
    return _page(request, person, case, returned)


@require_POST
@for_readers
def move(request: HttpRequest, person: Person, case: UUID, edge: str) -> HttpResponse:
    """Follow an edge of the case's life."""
    service, shape = forms.SERVICES.get(edge), forms.EDGES.get(edge)
    queries.get(person, case)  # hidden and absent are said before anything else
    if service is None or shape is None:
        raise NotFound

    def act(request: HttpRequest, person: Person, case: UUID) -> Incident:
        values = forms.read(shape, request.POST, person)
        if tlp := values.get("tlp"):
            before_lowering(request, person, case, str(tlp), first=True)
        return service(incident=case, version=version_of(request), by=person, now=now(), **values)

    return carry_out(request, person, case, edge, act, label=gettext(shape.label))


@require_POST
@for_readers
def do(request: HttpRequest, person: Person, case: UUID, verb: str) -> HttpResponse:
    """Do what one of the page's other forms says."""
    queries.get(person, case)
    if verb not in ACTS:
        raise NotFound
    label = gettext("Message à la victime, visible dans dix secondes") if verb == "message" else ""
    return carry_out(request, person, case, verb, ACTS[verb], label=label)


@require_POST
@for_readers
def take_back(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Undo the last act of this person on the case."""
    queries.get(person, case)
    try:
        undoing.undo(incident=case, by=person, now=now())
    except (Invalid, Conflict) as error:
        return back(request, person, case, "", error)
    messages.success(request, gettext("Annulé."))
    return redirect("console-case", case=case)


@require_POST
@for_readers
def move_report(request: HttpRequest, person: Person, case: UUID, report: UUID) -> HttpResponse:
    """Take one report out of the case: into the one whose reference is given, else by itself."""
    queries.get(person, case)

    def act(request: HttpRequest, person: Person, case: UUID) -> object:
        text = request.POST.get("deplacer-into", "")
        return moving.move_report(
            incident=case,
            report=report,
            version=version_of(request),
            by=person,
            into=forms.case_named(person, text) if text.strip() else None,
            now=now(),
        )

    return carry_out(request, person, case, "deplacer", act)


@require_POST
@for_readers
def reissue(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Give a new tracking code after a call-back, shown once, on this answer and nowhere else."""
    queries.get(person, case)
    try:
        code = following.reissue_code(
            incident=case,
            version=version_of(request),
            by=person,
            called=following.Called(
                number=request.POST.get("code-number", ""),
                name=request.POST.get("code-name", ""),
                at=_moment(request.POST.get("code-at", "")),
            ),
            now=now(),
        )
    except (Invalid, Conflict) as error:
        return back(request, person, case, "code", error)
    found = queries.get(person, case)
    context = {"principal": person, "case": found, "code": codes.grouped(code)}
    return render(request, "console/code.html", context)


@require_safe
@for_readers
def panel(request: HttpRequest, person: Person, case: UUID, slot: str, name: str) -> HttpResponse:
    """Draw one panel again, for the part of the page that holds it."""
    found = queries.get(person, case)
    if slot not in {"console.case", "console.case.aside"}:
        raise NotFound
    return HttpResponse(panels.draw(panels.get(slot, name), request, found, person))


def carry_out(
    request: HttpRequest, person: Person, case: UUID, form: str, act: Act, *, label: str = ""
) -> HttpResponse:
    """Do *act* and come back to the case, or show it again with what was typed and what is wrong."""
    at = now()
    try:
        if form in undoing.ACTS:
            undoing.undoably(
                lambda: act(request, person, case), act=form, incident=case, by=person, now=at
            )
            offer_undo(request, case, label or gettext("Enregistré"))
        else:
            act(request, person, case)
    except NotFound:
        raise
    except DeskError as error:
        if error.status >= 500:
            raise
        return back(request, person, case, form, error)
    text_drafts.forget(incident=case, by=person, fields=request.POST)
    way = BACK.get(request.POST.get("retour", ""))
    return redirect(way) if way else redirect("console-case", case=case)


def offer_undo(request: HttpRequest, case: UUID, label: str, way: str = "") -> None:
    """Say what was done, with the way to take it back: *way*, else the undo of the case."""
    reference = Incident.objects.values_list("reference", flat=True).get(uuid=case)
    way = way or reverse("console-undo", args=[case])
    messages.success(request, f"{label} : {reference}.", extra_tags=way)


def back(
    request: HttpRequest, person: Person, case: UUID, form: str, error: DeskError
) -> HttpResponse:
    """Show the page again, with what was typed and why it was not done."""
    wrong = getattr(error, "fields", {})
    returned = forms.Returned(form=form, values=request.POST.dict(), errors=wrong)
    context: dict[str, Any] = {"refusal": errors.said(error), "conflict": False}
    if isinstance(error, Conflict):
        state = queries.get(person, case).state
        context = {
            "refusal": gettext("Ce dossier vient de changer. Il est maintenant « %(state)s ».")
            % {"state": gettext(State(state).label)},
            "conflict": True,
            "typed": typed(request.POST),
        }
    return _page(request, person, case, returned, status=error.status, **context)


def typed(posted: Mapping[str, str]) -> list[str]:
    """Return the texts of a sent form that somebody took the trouble to write."""
    wanted = ("reason", "closing_words", "text", "title", "answer")
    return [text for name, text in posted.items() if name.split("-")[-1] in wanted and text.strip()]


def _page(
    request: HttpRequest,
    person: Person,
    case: UUID,
    returned: forms.Returned,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    at = now()
    found = pages.seen(person, case, at)
    if status == 200 and not found.lately:
        casework.opened(case=found, by=person, now=at)
    if status == 200:
        header.read(request, person, found)
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    asked = Asked.of(request.GET)
    if found.erased_at is not None:
        context = pages.tombstone(found, person, language, asked) | more
        return render(request, "console/erased.html", context, status=status)
    context = pages.page(found, person, language, returned, asked) | more
    context["cursor"] = pages.cursor(found, person)
    given = [item["report"] for item in context["reports"]]
    if person.works_cases:
        context |= _reply(request, found, person, given, language)
        begun = context["drafts"].get("message-text")
        context["reply"] = "\n\n".join(
            filter(None, [begun.text if begun else "", context["reply"]])
        )
        context["reachable"] = mail_panels.reachable(found, given)
        context["trusts"] = [{"value": value, "label": label} for value, label in Trust.choices]
    return render(request, "console/case.html", context, status=status)


def _reply(
    request: HttpRequest,
    case: Incident,
    person: Person,
    reports: list[Report],
    screen: str,
) -> dict[str, Any]:
    """Return the replies to pick from, and the one picked, in the language of who filed."""
    language = reports[0].language if reports else "fr"
    offered = words.offered(case, language, person.name, screen)
    picked = request.GET.get("modele", "")
    return {
        "replies": [{"value": one.id, "label": one.label} for one in offered],
        "picked": picked,
        "reply": next((one.text for one in offered if one.id == picked), ""),
    }


def _moment(text: str) -> datetime:
    """Read a day and hour of Paris; raises ``Invalid``."""
    try:
        return forms.local(text)
    except ValueError as error:
        raise Invalid(
            "Cette date n'est pas lisible.", fields={"at": "Donnez le jour et l'heure de l'appel."}
        ) from error
