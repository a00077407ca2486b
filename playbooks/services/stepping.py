"""What is done to one step of a run: its state, its role, whether the victim sees it; and ticks."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from csirt.accounts.models import User
from csirt.accounts.principals import Person, Victim
from csirt.directory import reference
from csirt.journal import change, record
from csirt.journal.change import Actor
from csirt.kernel.errors import Conflict, Invalid
from incidents.models import Evidence, Incident
from incidents.queries import joined_for
from incidents.services import clock_acts
from incidents.services.following import own_and_standing
from incidents.services.loading import optional_text, worked_case
from playbooks import kinds, queries
from playbooks.domain.steps import Status, refuse_unless_reasoned, ticked
from playbooks.models import Run, StepState
from playbooks.services.counting import count
from playbooks.services.running import NOT_FOLLOWED


def _worked(by: Person, step: UUID) -> tuple[StepState, Incident]:
    """Return the locked step and case that *by* works on, the case locked first."""
    seen = queries.step(by, step)
    case = worked_case(by, seen.run.incident.uuid, None)
    row = (
        StepState.objects.select_for_update(of=("self",))
        .select_related("run__edition")
        .get(pk=seen.pk)
    )
    if row.run.state != Run.State.ATTACHED:
        raise Conflict(NOT_FOLLOWED, code="not-followed", state=case.state)
    return row, case


def _seen(row: StepState, version: int) -> StepState:
    """Return the row when it is of the version that somebody saw."""
    if row.version != version:
        raise Conflict("Quelqu'un vient de modifier cette étape. Relisez-la, puis recommencez.")
    return row


@change
def set_state(
    *, step: UUID, version: int, by: Person, state: str, now: datetime, reason: str = ""
) -> StepState:
    """Say that a step is to do, begun, done, or does not apply for a written *reason*.

    What already is so stays as it is, whoever brought it there. Raises ``NotFound``,
    ``NotAllowed``, ``Invalid`` for a state that is not in its list or lacks its reason, and
    ``Conflict`` when somebody changed the step since *version* or the playbook was detached.
    """
    status = refuse_unless_reasoned(state, reason)
    row, case = _worked(by, step)
    reason = optional_text(reason, "reason") if status is Status.WAIVED else ""
    if row.status is status and row.reason == reason:
        return row
    _seen(row, version)
    row.reason = reason
    _turn(row, status, case, by=by, now=now)
    return row


def _turn(row: StepState, status: Status, case: Incident, *, by: Actor, now: datetime) -> None:
    previous = row.status
    row.state, row.changed_at = status.value, now
    row.by_victim = isinstance(by, Victim)
    row.changed_by = User.objects.get(pk=by.user_id) if isinstance(by, Person) else None
    row.shown_at = row.shown_at or now
    row.version += 1
    row.save()
    data = {
        "playbook": row.run.playbook,
        "step": row.step,
        "state": row.state,
        "previous": previous.value,
        "duty": row.duty,
    }
    record(kinds.STEP_CHANGED, row, by=by, at=now, data=data)
    count(case)
    if row.duty and Status.DONE in {status, previous}:
        _tell_the_clock(row, case, by=by, now=now)


def _tell_the_clock(row: StepState, case: Incident, *, by: Actor, now: datetime) -> None:
    """A step that is bound to a duty meets its clock, or no longer does."""
    if row.status is Status.DONE:
        assert row.run.edition is not None
        clock_acts.met_by_step(
            case=case,
            duty=row.duty,
            by=by,
            how=queries.book_of(row.run.edition).step(row.step).title_fr,
            step=row.step,
            evidence=row.evidence,
            now=now,
        )
    else:
        clock_acts.not_met_by_step(case=case, duty=row.duty, by=by, step=row.step, now=now)
    case.store(now)


@change
def annotate(
    *, step: UUID, version: int, by: Person, note: str, evidence: UUID | None, now: datetime
) -> StepState:
    """Keep a note for colleagues, and the file that shows the step was done. Raises as ``set_state``."""
    row = _seen(_worked(by, step)[0], version)
    found = None
    if evidence is not None:
        mine = joined_for(by, row.run.incident)
        found = Evidence.objects.filter(incident__in=mine, uuid=evidence).first()
        if found is None:
            raise Invalid(
                "Cette pièce n'est pas dans le dossier.",
                fields={"evidence": "Choisissez une pièce de la liste."},
            )
    text = optional_text(note, "note")
    if (row.note, row.evidence_id) == (text, found.pk if found else None):
        return row
    row.note, row.evidence = text, found
    row.version += 1
    row.save(update_fields=["note", "evidence", "version"])
    data = {
        "playbook": row.run.playbook,
        "step": row.step,
        "evidence": str(found.uuid) if found else "",
    }
    record(kinds.STEP_NOTED, row, by=by, at=now, data=data)
    return row


@change
def assign(*, step: UUID, version: int, by: Person, role: str, now: datetime) -> StepState:
    """Give a step to another role. Raises as ``set_state``."""
    if role not in {one.id for one in reference.current().vocabulary.roles}:
        raise Invalid(
            "Une valeur n'est pas dans sa liste.",
            fields={"role": "Choisissez une valeur de la liste."},
        )
    row = _seen(_worked(by, step)[0], version)
    previous, row.role = row.role, role
    if role == previous:
        return row
    row.version += 1
    row.save(update_fields=["role", "version"])
    data = {
        "playbook": row.run.playbook,
        "step": row.step,
        "role": role,
        "previous": previous,
    }
    record(kinds.STEP_ASSIGNED, row, by=by, at=now, data=data)
    return row


@change
def show(*, step: UUID, version: int, by: Person, visible: bool, now: datetime) -> StepState:
    """Show a step to the victim, or no longer; its practice target counts from when it was shown."""
    row = _seen(_worked(by, step)[0], version)
    if row.visible == visible:
        return row
    row.visible = visible
    if visible and not row.status.settled:
        row.shown_at = now
    row.version += 1
    row.save(update_fields=["visible", "shown_at", "version"])
    data = {"playbook": row.run.playbook, "step": row.step, "visible": visible}
    record(kinds.STEP_SHOWN, row, by=by, at=now, data=data)
    return row


@change
def tick(*, victim: Victim, shown: Collection[UUID], done: Collection[UUID], now: datetime) -> int:
    """Take which of the steps that stood on the victim's page are *done*; return how many changed.

    A box that was not *shown* says nothing, and what the desk settled stays. No message waits for
    the desk because of it: the case stays where it is in the queue. Raises ``NotFound`` once the
    case is erased.
    """
    own, _standing = own_and_standing(victim)
    asked = queries.asked_of_victim(own).filter(uuid__in=list(shown))
    changed = 0
    for row in asked.select_for_update(of=("self",)):
        status = ticked(row.status, by_victim=row.by_victim, done=row.uuid in done)
        if status is not row.status:
            _turn(row, status, own, by=victim, now=now)
            changed += 1
    return changed
