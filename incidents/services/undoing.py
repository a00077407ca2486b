"""Undo: an act is committed at once; for ten seconds, who did it may take it back, whole.

Taking back is one more change, with a version of its own, and only if nobody changed the case since.
What the act would have said to others waits until then: see ``notices.plan``.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Field

from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.journal.kinds import Kind
from csirt.journal.models import Event
from csirt.kernel.errors import Invalid
from csirt.kernel.tlp import Tlp
from incidents import kinds
from incidents.domain.lifecycle import UNDO_FOR
from incidents.models import Incident, Message, Note, Step
from incidents.queries import joined
from incidents.services import merging, text_drafts
from incidents.services.loading import LONGEST_TEXT, worked_case

FOR = UNDO_FOR
TOO_LATE = "Il est trop tard pour annuler. Faites l'action contraire."
MESSAGE = "message"  # to the victim, who does not see it before the ten seconds are over
ACTS = frozenset({
    "take", "qualify", "accept", "wait", "resume", "contain", "resolve", "close", "reopen", "reject",
    "attribuer", "modifier", "reporter", "campagne", "prendre", "lu", "priorite", MESSAGE,
})  # fmt: skip
"""Acts on the case's own columns, and a message; what left the desk does not come back."""
REASONED = frozenset({"qualify", "accept", "priorite"})  # a reason for the priority became a note
MERGED = "reunir"  # several cases into one: what takes that back is ``split``
KINDS = frozenset({
    kinds.DESK_WROTE.name, kinds.PRIORITISED.name,
    *(kinds.BY_EDGE[act].name for act in ACTS if act in kinds.BY_EDGE)
})  # fmt: skip
_KEPT = {"id", "uuid", "reference", "version", "changed_at", "assessment", "next_due", "progress"}


@change
def undoably(
    service: Callable[[], object], *, act: str, incident: UUID, by: Person, now: datetime
) -> Incident:
    """Call *service*, and keep for ten seconds what the case was before it.

    Raises what the service raises, with nothing kept.
    """
    before = Incident.locked(incident)
    service()
    case = Incident.locked(incident)
    if case.version != before.version:
        begin(by)
        keep(before, case, act=act, by=by, now=now)
    return case


def begin(by: Person) -> None:
    """Forget what *by* could undo until now; inside a change."""
    Step.objects.filter(user_id=by.user_id).delete()


def keep(before: Incident, case: Incident, *, act: str, by: Person, now: datetime) -> None:
    """Keep for ten seconds what a case was *before* the act of *by*; inside a change."""
    columns = {f.attname: _said(f.value_from_object(before)) for f in _columns()}
    Step.objects.create(
        user_id=by.user_id, incident=case, act=act, version=case.version, before=columns, at=now
    )


@change
def undo(*, incident: UUID, by: Person, now: datetime) -> Incident:
    """Bring the case back to what it was before the last act of *by* on it.

    Raises ``Invalid`` after ten seconds or when there is nothing to undo, ``Conflict`` when
    somebody changed the case since.
    """
    step = Step.objects.filter(user_id=by.user_id, incident__uuid=incident).first()
    case = worked_case(by, incident, step.version if step else None)
    if step is None or not now - FOR <= step.at <= now:
        raise Invalid(TOO_LATE, code="too-late")
    return take_back(step, case, by=by, now=now)


def take_back(step: Step, case: Incident, *, by: Person, now: datetime) -> Incident:
    """Bring a case that nobody changed since back to what it was before *step*; inside a change."""
    if step.act == MERGED:
        step.delete()
        return merging.split(incident=case.uuid, version=step.version, by=by, now=now)
    if step.act == "lu":
        read = Message.objects.filter(incident__in=joined(case), author=None)
        read.filter(read_at__gte=step.at).update(read_at=None)
    if step.act == MESSAGE:
        _take_message_back(case, step, by, now)
    if step.act in REASONED:
        Note.objects.filter(
            incident=case, uuid__in=_written(case, step, kinds.NOTED, "note")
        ).delete()
    tlp = Tlp(case.tlp)
    columns: dict[str, Any] = {f.attname: f.to_python(step.before[f.attname]) for f in _columns()}
    Incident.objects.filter(pk=case.pk).update(**columns)  # the state is no edge of the table
    case = Incident.locked(case.uuid)
    case.store(now)
    data = {"act": step.act, "state": case.state, "undone": step.version}
    record(kinds.UNDONE, case, by=by, at=now, data=data)
    if case.tlp != tlp:
        kind = kinds.TLP_RAISED if Tlp(case.tlp) > tlp else kinds.TLP_LOWERED
        record(kind, case, by=by, at=now, data={"old": tlp, "new": case.tlp})
    step.delete()
    return case


def _take_message_back(case: Incident, step: Step, by: Person, now: datetime) -> None:
    """Delete what the act wrote to the victim; its words come back as a draft, before any later one."""
    wrote = _written(case, step, kinds.DESK_WROTE, "message")
    row = Message.objects.filter(incident=case, uuid__in=wrote).first()
    if row is None:
        return
    begun = text_drafts.of(case, by).get(text_drafts.TO_VICTIM)
    text = "\n\n".join([row.text, begun.text] if begun else [row.text])[:LONGEST_TEXT]
    text_drafts.keep(incident=case.uuid, by=by, field=text_drafts.TO_VICTIM, text=text, now=now)
    row.delete()


def _written(case: Incident, step: Step, kind: Kind, name: str) -> list[str]:
    """Return the UUIDs, under *name*, of what *step* wrote beside the case."""
    events = Event.objects.filter(incident=case.pk, kind=kind.name, version=step.version)
    return list(events.values_list(f"data__{name}", flat=True))


def may_be_undone(event: Event) -> bool:
    """Tell whether *event* tells an act that a person may take back; the desk's own are not."""
    return event.kind in KINDS and event.actor.startswith("user:")


def was_undone(seq: int) -> bool:
    """Tell whether what the event *seq* tells was taken back."""
    event = Event.objects.filter(pk=seq, kind__in=KINDS).first()
    if event is None:
        return False
    undone = Event.objects.filter(incident=event.incident, kind=kinds.UNDONE.name)
    return event.version in undone.values_list("data__undone", flat=True)


def _said(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _columns() -> list[Field[Any, Any]]:
    return [f for f in Incident._meta.concrete_fields if f.attname not in _KEPT]
