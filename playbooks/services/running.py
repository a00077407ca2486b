"""Playbooks on a case: proposed by its category, attached, detached; nothing that was done is lost."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.reference.playbooks import PLAYBOOK_PHASES, Step
from incidents.domain.lifecycle import TERMINAL
from incidents.models import Incident
from incidents.services.guarding import guards
from incidents.services.loading import bundle_of, worked_case
from playbooks import kinds, queries
from playbooks.domain.steps import Status
from playbooks.models import Edition, Run, StepState
from playbooks.services.counting import count
from playbooks.services.situation import concerned

NOT_FOLLOWED = "Ce playbook n'est plus suivi sur ce dossier."


@change
def attach(*, incident: UUID, playbook: str, by: Person, now: datetime) -> Run:
    """Follow *playbook* on the case, in the version in force; one that was followed goes on as it was.

    Attaching what is attached changes nothing. Raises ``NotFound`` for a hidden case,
    ``NotAllowed`` for who may only look, ``Invalid`` for a playbook that does not exist,
    ``Conflict`` when the case has ended.
    """
    case = worked_case(by, incident, None)
    run = Run.objects.filter(incident=case, playbook=playbook).first()
    if run is not None and run.state == Run.State.ATTACHED:
        return run
    if case.state in TERMINAL:
        raise Conflict(
            "Ce dossier est terminé : rouvrez-le d'abord.", code="ended", state=case.state
        )
    if run is None:
        run = Run(incident=case, playbook=playbook)
    if run.edition is None:
        run.edition = _begun_with(playbook, now)
    run.state, run.attached_at, run.detached_at = Run.State.ATTACHED, now, None
    run.attached_by = User.objects.get(pk=by.user_id)
    run.version += 1
    run.save()
    steps = _begin(run, case, now)
    count(case)
    data = {"playbook": playbook, "edition": run.edition.label, "steps": steps}
    record(kinds.ATTACHED, run, by=by, at=now, data=data)
    return run


def _begun_with(playbook: str, now: datetime) -> Edition:
    """Return the stored version in force; the library's is stored when it is first used."""
    try:
        known = queries.in_force(playbook)
    except NotFound as error:
        raise Invalid(
            "Ce playbook n'existe pas.",
            code="bad-value",
            fields={"playbook": "Choisissez un playbook de la liste."},
        ) from error
    if known.edition is not None:
        return known.edition
    row, _ = Edition.objects.get_or_create(
        playbook=playbook,
        sha256=queries.digest(known.text),
        origin=Edition.Origin.LIBRARY,
        defaults={
            "label": known.playbook.version,
            "text": known.text,
            "state": Edition.State.PUBLISHED,
            "made_at": now,
            "decided_at": now,
        },
    )
    return row


def _begin(run: Run, case: Incident, now: datetime) -> int:
    """Give the run its steps, unless it has them; return how many it has."""
    assert run.edition is not None
    known = run.steps.count()
    if known:
        return known
    playbook = queries.book_of(run.edition)
    applies = concerned(playbook, case, now)
    rows = [
        _fresh(run, phase, step, applies=step.id in applies, now=now)
        for phase in PLAYBOOK_PHASES
        for step in playbook.phases.of(phase)
    ]
    StepState.objects.bulk_create(rows)
    return len(rows)


def _fresh(run: Run, phase: str, step: Step, *, applies: bool, now: datetime) -> StepState:
    return StepState(
        run=run,
        step=step.id,
        phase=phase,
        order=step.order,
        required=step.required,
        duty=step.duty or "",
        concerned=applies,
        visible=step.visible_to_victim,
        role=step.role,
        shown_at=now if applies else None,
    )


@change
def detach(*, incident: UUID, playbook: str, by: Person, now: datetime) -> Run:
    """Follow *playbook* no more; what was done stays, for when it is attached again.

    A proposal is declined so: the same category does not bring it back. Raises as ``attach``.
    """
    case = worked_case(by, incident, None)
    run = Run.objects.filter(incident=case, playbook=playbook).first()
    if run is None:
        raise Conflict(NOT_FOLLOWED, code="not-followed", state=case.state)
    if run.state == Run.State.DETACHED:
        return run
    declined = run.state == Run.State.PROPOSED
    run.state, run.detached_at, run.category = Run.State.DETACHED, now, case.category
    run.version += 1
    run.save()
    if declined:
        data = {"playbook": playbook, "category": case.category}
        record(kinds.DECLINED, run, by=by, at=now, data=data)
        return run
    count(case)
    done = run.steps.filter(state=Status.DONE).count()
    record(kinds.DETACHED, run, by=by, at=now, data={"playbook": playbook, "done": done})
    return run


def propose(case: Incident, now: datetime) -> Run | None:
    """Propose the playbook of the category of a qualified case; return the run when it is news.

    Inside a change that holds the case. A proposal for another category goes; a playbook that is
    followed stays. What was declined for this category is not proposed again.
    """
    category = bundle_of(case).categories.get(case.category)
    wanted = category.playbook if category and case.kind and case.state not in TERMINAL else ""
    for row in Run.objects.filter(incident=case, state=Run.State.PROPOSED).exclude(playbook=wanted):
        _withdraw(row, now)
    if not wanted:
        return None
    run = Run.objects.filter(incident=case, playbook=wanted).first()
    if run is not None and (run.state != Run.State.DETACHED or run.category == case.category):
        return None
    run = run or Run(incident=case, playbook=wanted)
    run.state, run.category = Run.State.PROPOSED, case.category
    run.version += 1
    run.save()
    data = {"playbook": wanted, "category": case.category}
    record(kinds.PROPOSED, run, by=SYSTEM, at=now, data=data)
    return run


def _withdraw(row: Run, now: datetime) -> None:
    if row.edition is None:
        row.delete()
        return
    row.state, row.category, row.detached_at = Run.State.DETACHED, "", now
    row.version += 1
    row.save()


def look_again(case: Incident, now: datetime) -> None:
    """Say of each step whether it concerns the case as it is known now.

    Inside a change that holds the case. A step that begins to apply is shown from now on; one that
    was begun or settled is never taken away.
    """
    rows = Run.objects.filter(incident=case, state=Run.State.ATTACHED).select_related("edition")
    for run in rows:
        if run.edition is None:
            continue
        applies = concerned(queries.book_of(run.edition), case, now)
        steps = list(run.steps.filter(state=Status.TODO))
        fresh = [one for one in steps if one.step in applies and not one.concerned]
        gone = [one for one in steps if one.step not in applies and one.concerned]
        if not fresh and not gone:
            continue
        for one in fresh:
            one.concerned, one.shown_at = True, now
        for one in gone:
            one.concerned = False
        for one in (*fresh, *gone):
            one.version += 1
            one.save(update_fields=["concerned", "shown_at", "version"])
        data = {
            "playbook": run.playbook,
            "now": _ids(fresh),
            "no_longer": _ids(gone),
        }
        record(kinds.STEPS_CONCERNED, run, by=SYSTEM, at=now, data=data)
        count(case)


def _ids(rows: Iterable[StepState]) -> list[str]:
    return [row.step for row in rows]


@guards("close")
def refuse_while_steps_are_left(case: Incident, now: datetime) -> None:
    """Raise ``Invalid`` when a required step *after* is neither done nor waived with a reason."""
    look_again(case, now)
    left = queries.left_to_close(case).count()
    if left:
        raise Invalid(
            "Étapes obligatoires à terminer avant de clore : %(count)s. Faites-les, ou dites pourquoi "
            "elles sont sans objet.",
            code="steps-left",
            count=left,
        )


def forget(case: Incident, _at: datetime) -> None:
    """Erase the runs of a case that is erased: their notes and reasons may name people."""
    Run.objects.filter(incident=case).delete()
    count(case)
