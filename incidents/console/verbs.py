"""What the forms of the case page do beside following an edge: one small function a verb."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext

from csirt.accounts.access import require_recent_proof
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid, NotFound
from csirt.kernel.tlp import Tlp
from incidents import queries
from incidents.console.forms import morning
from incidents.models import Incident
from incidents.services import (
    answering,
    apart,
    casework,
    consenting,
    dating,
    erasing,
    following,
    notes,
    notices,
    observing,
    prioritising,
    sharing_access,
    snoozing,
    tagging,
    watching,
)

Act = Callable[[HttpRequest, Person, UUID], object]


def version_of(request: HttpRequest) -> int:
    """Return the version that the person saw; raises ``Invalid``."""
    text = request.POST.get("version", "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid("Cette page est trop ancienne. Rechargez-la.")
    return int(text)


def person_of(text: str, name: str) -> UUID:
    """Read who was chosen; raises ``Invalid`` naming the field."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid(
            "Cette personne ne peut pas prendre ce dossier.",
            fields={name: "Choisissez quelqu'un de la liste."},
        ) from error


def _assign(request: HttpRequest, person: Person, case: UUID) -> object:
    text = request.POST.get("attribuer-to", "")
    to = person_of(text, "to") if text else None
    return casework.assign(incident=case, version=version_of(request), by=person, to=to, now=now())


def warn_blind(request: HttpRequest, case: Incident, text: str) -> None:
    """Say plainly who is mentioned in a note and is told nothing, since they may not see the case."""
    for user in notes.mentioned(case, text).blind:
        words = gettext("%(name)s ne voit pas ce dossier : aucun avis ne part vers cette personne.")
        messages.warning(request, words % {"name": user})


def _note(request: HttpRequest, person: Person, case: UUID) -> object:
    text = request.POST.get("note-text", "")
    note = casework.add_note(incident=case, by=person, text=text, now=now())
    warn_blind(request, note.incident, note.text)
    return note


def _write(request: HttpRequest, person: Person, case: UUID) -> object:
    return following.write_to_victim(
        incident=case,
        by=person,
        token=request.POST.get("token", ""),
        text=request.POST.get("message-text", ""),
        now=now(),
    )


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
        version=version_of(request),
        by=person,
        title=request.POST.get("modifier-title", ""),
        now=now(),
    )


def _prioritise(request: HttpRequest, person: Person, case: UUID) -> Incident:
    version = version_of(request)
    row = prioritising.prioritise(
        incident=case,
        version=version,
        by=person,
        priority=request.POST.get("priorite-priority", ""),
        reason=request.POST.get("priorite-reason", ""),
        now=now(),
    )
    if row.version == version:
        raise prioritising.SamePriority
    return row


def before_lowering(
    request: HttpRequest, person: Person, case: UUID, tlp: str, *, first: bool = False
) -> None:
    """See that who lowers the TLP of a case has proved who they are a moment ago.

    *first*: at its qualification, when what nobody has chosen yet is not lowered. Whether they may at
    all, the service says.
    """
    row = queries.get(person, case)
    lower = tlp in list(Tlp) and Tlp(tlp) < Tlp(row.tlp) and (row.tlp_was_chosen or not first)
    if lower and person.role == Role.LEAD:
        require_recent_proof(request)


def _set_tlp(request: HttpRequest, person: Person, case: UUID) -> object:
    text = request.POST.get("tlp-tlp", "")
    if text not in list(Tlp):
        raise Invalid(
            "Une valeur n'est pas dans sa liste.",
            fields={"tlp": "Choisissez une valeur de la liste."},
        )
    before_lowering(request, person, case, text)
    return casework.set_tlp(
        incident=case, version=version_of(request), by=person, tlp=Tlp(text), now=now()
    )


def _restrict(request: HttpRequest, person: Person, case: UUID) -> object:
    people = [person_of(text, "people") for text in request.POST.getlist("restreindre-people")]
    return casework.restrict(
        incident=case, version=version_of(request), by=person, people=people, now=now()
    )


def _unrestrict(request: HttpRequest, person: Person, case: UUID) -> object:
    return casework.unrestrict(incident=case, version=version_of(request), by=person, now=now())


def _put_back(request: HttpRequest, person: Person, case: UUID) -> object:
    return apart.put_back(incident=case, version=version_of(request), by=person, now=now())


def _set_apart(request: HttpRequest, person: Person, case: UUID) -> object:
    return apart.set_apart(incident=case, version=version_of(request), by=person, now=now())


def _observe(request: HttpRequest, person: Person, case: UUID) -> object:
    return observing.add_observable(
        incident=case,
        by=person,
        type=request.POST.get("observable-type", ""),
        value=request.POST.get("observable-value", ""),
        now=now(),
    )


def _date(request: HttpRequest, person: Person, case: UUID) -> object:
    return dating.date_event(incident=case, by=person, now=now(), **dated(request.POST))


def dated(posted: Mapping[str, str]) -> dict[str, Any]:
    """Return the services' arguments that the form of a dated moment gives."""
    texts = {name: posted.get(f"dater-{name}", "") for name in ("day", "hour", "zone", "text")}
    return {**texts, "approximate": posted.get("dater-approximate") == "oui"}


def _tag(request: HttpRequest, person: Person, case: UUID) -> object:
    name = request.POST.get("etiqueter-name", "")
    return tagging.tag(incident=case, by=person, name=name, now=now())


def _untag(request: HttpRequest, person: Person, case: UUID) -> object:
    name = request.POST.get("etiqueter-name", "")
    return tagging.untag(incident=case, by=person, name=name, now=now())


def _watch(_request: HttpRequest, person: Person, case: UUID) -> object:
    return watching.watch(incident=case, by=person, now=now())


def _unwatch(_request: HttpRequest, person: Person, case: UUID) -> object:
    return watching.unwatch(incident=case, by=person, now=now())


def _end_codes(request: HttpRequest, person: Person, case: UUID) -> object:
    count = sharing_access.end_all_codes(
        incident=case, version=version_of(request), by=person, now=now()
    )
    messages.success(request, gettext("Codes arrêtés : %(count)s.") % {"count": count})
    return count


def _settle(request: HttpRequest, person: Person, case: UUID) -> object:
    return answering.settle_suggestion(
        incident=case,
        version=version_of(request),
        by=person,
        follow=request.POST.get("suggestion-follow") == "oui",
        now=now(),
    )


def _settle_words(request: HttpRequest, person: Person, case: UUID) -> object:
    return answering.settle_words(
        incident=case,
        version=version_of(request),
        by=person,
        flag=request.POST.get("flag", ""),
        confirmed=request.POST.get("mots-confirmed") == "oui",
        now=now(),
    )


def _answer_erasure(request: HttpRequest, person: Person, case: UUID) -> object:
    return consenting.answer_erasure(
        incident=case,
        version=version_of(request),
        by=person,
        accepted=request.POST.get("effacement-accepted") == "oui",
        answer=request.POST.get("effacement-answer", ""),
        now=now(),
    )


def _erase(request: HttpRequest, person: Person, case: UUID) -> object:
    erasing.erase_now(incident=case, version=version_of(request), by=person, now=now())
    messages.success(request, gettext("Le dossier est effacé."))
    return None


def _snooze(request: HttpRequest, person: Person, case: UUID) -> Incident:
    return snoozing.snooze(
        incident=case,
        version=version_of(request),
        by=person,
        until=morning(request.POST.get("reporter-until", "")),
        now=now(),
    )


ACTS: Mapping[str, Act] = {
    "attribuer": _assign,
    "note": _note,
    "message": _write,
    "adresse": _judge_address,
    "lu": _read,
    "modifier": _edit,
    "priorite": _prioritise,
    "tlp": _set_tlp,
    "restreindre": _restrict,
    "ouvrir": _unrestrict,
    "remettre": _put_back,
    "a-part": _set_apart,
    "observable": _observe,
    "dater": _date,
    "etiqueter": _tag,
    "desetiqueter": _untag,
    "suivre": _watch,
    "ne-plus-suivre": _unwatch,
    "codes": _end_codes,
    "suggestion": _settle,
    "mots": _settle_words,
    "effacement": _answer_erasure,
    "effacer": _erase,
    "reporter": _snooze,
}
