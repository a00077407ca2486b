"""What is done to a case from its page: read the form, call one service, come back.

A form that cannot be carried out comes back on the page with what was typed: a wrong value (400),
an act that the role does not have (403), a case that somebody changed first (409).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from csirt.accounts.principals import Person
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, DeskError, Invalid, NotFound
from csirt.kernel.tlp import Tlp
from csirt.web import errors, panels
from incidents import queries
from incidents.console import case as pages
from incidents.console import forms
from incidents.console.access import for_readers
from incidents.console.forms import PARIS
from incidents.domain.lifecycle import State
from incidents.models import Incident, Report, Trust
from incidents.notifications import panels as mail_panels
from incidents.notifications import words
from incidents.services import (
    answering,
    apart,
    casework,
    consenting,
    erasing,
    following,
    notices,
    observing,
    sharing_access,
)

Act = Callable[[HttpRequest, Person, UUID], object]


@require_safe
@for_readers
def show(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Show a case, and note who read it."""
    return _page(request, person, case, forms.Returned())


@require_POST
@for_readers
def move(request: HttpRequest, person: Person, case: UUID, edge: str) -> HttpResponse:
    """Follow an edge of the case's life."""
    service, shape = forms.SERVICES.get(edge), forms.EDGES.get(edge)
    queries.get(person, case)  # hidden and absent are said before anything else
    if service is None or shape is None:
        raise NotFound

    def act(request: HttpRequest, person: Person, case: UUID) -> object:
        values = forms.read(shape, request.POST, person)
        return service(incident=case, version=_version(request), by=person, now=now(), **values)

    return _carry_out(request, person, case, edge, act)


@require_POST
@for_readers
def do(request: HttpRequest, person: Person, case: UUID, verb: str) -> HttpResponse:
    """Do what one of the page's other forms says."""
    queries.get(person, case)
    if verb not in ACTS:
        raise NotFound
    return _carry_out(request, person, case, verb, ACTS[verb])


@require_POST
@for_readers
def judge(request: HttpRequest, person: Person, case: UUID, observable: UUID) -> HttpResponse:
    """Say what an observable is."""
    queries.get(person, case)

    def act(request: HttpRequest, person: Person, case: UUID) -> object:
        return observing.judge(
            incident=case,
            observable=observable,
            version=_version(request),
            by=person,
            role=request.POST.get("role", ""),
            now=now(),
        )

    return _carry_out(request, person, case, "observables", act)


@require_POST
@for_readers
def reissue(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Give a new tracking code after a call-back, shown once, on this answer and nowhere else."""
    queries.get(person, case)
    try:
        code = following.reissue_code(
            incident=case,
            version=_version(request),
            by=person,
            called=following.Called(
                number=request.POST.get("code-number", ""),
                name=request.POST.get("code-name", ""),
                at=_moment(request.POST.get("code-at", "")),
            ),
            now=now(),
        )
    except (Invalid, Conflict) as error:
        return _back(request, person, case, "code", error)
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


def _carry_out(
    request: HttpRequest, person: Person, case: UUID, form: str, act: Act
) -> HttpResponse:
    try:
        act(request, person, case)
    except NotFound:
        raise
    except DeskError as error:
        if error.status >= 500:
            raise
        return _back(request, person, case, form, error)
    return redirect("console-case", case=case)


def _back(
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
    cursor = pages.cursor(person)  # before the case: what happens in between is told by the socket
    found = queries.get(person, case)
    if status == 200:
        casework.opened(case=found, by=person, now=now())
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    whole = request.GET.get("histoire") == "tout"
    if found.erased_at is not None:
        context = pages.tombstone(found, person, language, whole=whole) | more
        return render(request, "console/erased.html", context, status=status)
    context = pages.page(found, person, language, returned, whole=whole) | more
    context["cursor"] = cursor
    given = [item["report"] for item in context["reports"]]
    if person.works_cases:
        context |= _reply(request, found, person, given, language)
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
        "draft": next((one.text for one in offered if one.id == picked), ""),
    }


def _version(request: HttpRequest) -> int:
    """Return the version that the person saw; raises ``Invalid``."""
    text = request.POST.get("version", "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid("Cette page est trop ancienne. Rechargez-la.")
    return int(text)


def _moment(text: str) -> datetime:
    """Read a day and hour of Paris; raises ``Invalid``."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=PARIS)
    except ValueError as error:
        raise Invalid(
            "Cette date n'est pas lisible.", fields={"at": "Donnez le jour et l'heure de l'appel."}
        ) from error


def _assign(request: HttpRequest, person: Person, case: UUID) -> object:
    text = request.POST.get("attribuer-to", "")
    to = _person(text, "to") if text else None
    return casework.assign(incident=case, version=_version(request), by=person, to=to, now=now())


def _note(request: HttpRequest, person: Person, case: UUID) -> object:
    text = request.POST.get("note-text", "")
    return casework.add_note(incident=case, by=person, text=text, now=now())


def _write(request: HttpRequest, person: Person, case: UUID) -> object:
    message = following.write_to_victim(
        incident=case,
        by=person,
        token=request.POST.get("token", ""),
        text=request.POST.get("message-text", ""),
        now=now(),
    )
    messages.success(request, gettext("Message envoyé à la victime."))
    return message


def _judge_address(request: HttpRequest, person: Person, case: UUID) -> object:
    try:
        report = UUID(request.POST.get("report", ""))
    except ValueError as error:
        raise NotFound from error
    trust = request.POST.get("adresse-trust", "")
    return notices.judge_contact(incident=case, by=person, report=report, trust=trust, now=now())


def _read(_request: HttpRequest, person: Person, case: UUID) -> object:
    return following.read_messages(incident=case, by=person, now=now())


def _edit(request: HttpRequest, person: Person, case: UUID) -> object:
    return casework.edit(
        incident=case,
        version=_version(request),
        by=person,
        title=request.POST.get("modifier-title", ""),
        now=now(),
    )


def _set_tlp(request: HttpRequest, person: Person, case: UUID) -> object:
    text = request.POST.get("tlp-tlp", "")
    if text not in list(Tlp):
        raise Invalid(
            "Une valeur n'est pas dans sa liste.",
            fields={"tlp": "Choisissez une valeur de la liste."},
        )
    return casework.set_tlp(
        incident=case, version=_version(request), by=person, tlp=Tlp(text), now=now()
    )


def _restrict(request: HttpRequest, person: Person, case: UUID) -> object:
    people = [_person(text, "people") for text in request.POST.getlist("restreindre-people")]
    return casework.restrict(
        incident=case, version=_version(request), by=person, people=people, now=now()
    )


def _unrestrict(request: HttpRequest, person: Person, case: UUID) -> object:
    return casework.unrestrict(incident=case, version=_version(request), by=person, now=now())


def _put_back(request: HttpRequest, person: Person, case: UUID) -> object:
    return apart.put_back(incident=case, version=_version(request), by=person, now=now())


def _set_apart(request: HttpRequest, person: Person, case: UUID) -> object:
    return apart.set_apart(incident=case, version=_version(request), by=person, now=now())


def _observe(request: HttpRequest, person: Person, case: UUID) -> object:
    return observing.add_observable(
        incident=case,
        by=person,
        type=request.POST.get("observable-type", ""),
        value=request.POST.get("observable-value", ""),
        now=now(),
    )


def _paste(request: HttpRequest, person: Person, case: UUID) -> object:
    text = request.POST.get("coller-text", "")
    fresh = observing.paste_observables(incident=case, by=person, text=text, now=now())
    messages.info(request, gettext("Observables ajoutés : %(count)s.") % {"count": len(fresh)})
    return fresh


def _end_codes(request: HttpRequest, person: Person, case: UUID) -> object:
    count = sharing_access.end_all_codes(
        incident=case, version=_version(request), by=person, now=now()
    )
    messages.success(request, gettext("Codes arrêtés : %(count)s.") % {"count": count})
    return count


def _settle(request: HttpRequest, person: Person, case: UUID) -> object:
    return answering.settle_suggestion(
        incident=case,
        version=_version(request),
        by=person,
        follow=request.POST.get("suggestion-follow") == "oui",
        now=now(),
    )


def _settle_words(request: HttpRequest, person: Person, case: UUID) -> object:
    return answering.settle_words(
        incident=case,
        version=_version(request),
        by=person,
        flag=request.POST.get("flag", ""),
        confirmed=request.POST.get("mots-confirmed") == "oui",
        now=now(),
    )


def _answer_erasure(request: HttpRequest, person: Person, case: UUID) -> object:
    return consenting.answer_erasure(
        incident=case,
        version=_version(request),
        by=person,
        accepted=request.POST.get("effacement-accepted") == "oui",
        answer=request.POST.get("effacement-answer", ""),
        now=now(),
    )


def _erase(request: HttpRequest, person: Person, case: UUID) -> object:
    erasing.erase_now(incident=case, version=_version(request), by=person, now=now())
    messages.success(request, gettext("Le dossier est effacé."))
    return None


def _person(text: str, name: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid(
            "Cette personne ne peut pas prendre ce dossier.",
            fields={name: "Choisissez quelqu'un de la liste."},
        ) from error


ACTS: Mapping[str, Act] = {
    "attribuer": _assign,
    "note": _note,
    "message": _write,
    "adresse": _judge_address,
    "lu": _read,
    "modifier": _edit,
    "tlp": _set_tlp,
    "restreindre": _restrict,
    "ouvrir": _unrestrict,
    "remettre": _put_back,
    "a-part": _set_apart,
    "observable": _observe,
    "coller": _paste,
    "codes": _end_codes,
    "suggestion": _settle,
    "mots": _settle_words,
    "effacement": _answer_erasure,
    "effacer": _erase,
}
