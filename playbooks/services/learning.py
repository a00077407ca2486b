"""Lessons: what the review of a case proposes to change in a playbook, taken up in a version or refused."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.journal import Kind, change, record
from csirt.journal.change import Actor
from csirt.kernel import codes
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents.models import Incident
from incidents.services.loading import required_text, worked_case
from incidents.services.reviewing import OVER
from playbooks import kinds, queries
from playbooks.models import Edition, Lesson

LONGEST = 4_000  # characters
SETTLED = "Cette leçon est déjà reprise ou refusée."


@change
def propose(
    *,
    incident: UUID,
    by: Person,
    playbook: str,
    step: str,
    text: str,
    now: datetime,
    token: str = "",
) -> Lesson:
    """Propose a change of a playbook, or of one *step* of it, in words, from a case that is over.

    The same form twice is one. Raises ``NotFound``, ``NotAllowed``, ``Invalid``, and ``Conflict`` while the case goes on.
    """
    case = worked_case(by, incident, None)
    if case.state not in OVER:
        raise Conflict(
            "Ce dossier est en cours : résolvez-le d'abord.", code="wrong-state", state=case.state
        )
    if not _names(playbook, step):
        raise Invalid(
            "Une valeur n'est pas dans sa liste.",
            fields={"about": "Choisissez un playbook ou une étape de la liste."},
        )
    key = codes.once(token, incident, by.user_id, playbook, step, text)
    if known := Lesson.objects.filter(uuid=key).first():
        return known
    row = Lesson.objects.create(
        uuid=key,
        incident=case,
        playbook=playbook,
        step=step,
        text=required_text(text, "text", longest=LONGEST),
        author=User.objects.get(pk=by.user_id),
        made_at=now,
    )
    _record(kinds.LESSON_PROPOSED, row, by, now)
    return row


@change
def refuse(*, lesson: UUID, by: Person, reason: str, now: datetime) -> Lesson:
    """Leave a lesson, and say why. Raises ``NotFound``, ``NotAllowed`` for who is no lead, ``Conflict``."""
    row = _waiting(by, lesson)
    if by.role != Role.LEAD:
        raise NotAllowed("Seul un responsable refuse une leçon.")
    row.reason = required_text(reason, "reason", longest=LONGEST)
    _decide(row, Lesson.State.REFUSED, by, now)
    _record(kinds.LESSON_REFUSED, row, by, now)
    return row


@change
def withdraw(*, lesson: UUID, by: Person, now: datetime) -> None:
    """Take one's own lesson back while nothing was decided. Raises as ``refuse``."""
    row = _waiting(by, lesson)
    if row.author_id != by.user_id:
        raise NotAllowed("Seul son auteur retire une leçon.")
    _record(kinds.LESSON_WITHDRAWN, row, by, now)
    Lesson.objects.filter(pk=row.pk).delete()


def take_up(edition: Edition, lessons: Collection[UUID], *, by: Person) -> None:
    """Note which lessons a proposed version takes up; inside a change. Others than waiting ones stay."""
    if not lessons:
        return
    found = queries.lessons(by).filter(uuid__in=list(lessons), playbook=edition.playbook)
    keys = found.filter(state=Lesson.State.WAITING, edition=None).values_list("pk", flat=True)
    Lesson.objects.filter(pk__in=list(keys)).update(edition=edition)


def taken(edition: Edition, *, by: Person, now: datetime) -> None:
    """Settle the lessons of a version that is published; inside a change."""
    rows = Lesson.objects.filter(edition=edition, state=Lesson.State.WAITING).order_by("pk")
    for row in rows.select_for_update(of=("self",)):
        _decide(row, Lesson.State.TAKEN, by, now)
        _record(kinds.LESSON_TAKEN, row, by, now, label=edition.label)


def left(edition: Edition) -> None:
    """Let the lessons of a version that is refused wait for another; inside a change."""
    Lesson.objects.filter(edition=edition, state=Lesson.State.WAITING).update(edition=None)


def forget(case: Incident, _at: datetime) -> None:
    """Erase the words of an erased case's lessons; which versions came from it stays known."""
    rows = Lesson.objects.filter(incident=case)
    rows.filter(edition=None).delete()
    rows.update(text="", reason="")


def _waiting(by: Person, lesson: UUID) -> Lesson:
    if not by.works_cases:
        raise NotFound
    seen = queries.lessons(by).filter(uuid=lesson).first()
    if seen is None:
        raise NotFound
    row = Lesson.objects.select_for_update(of=("self",)).filter(pk=seen.pk).first()
    if row is None:
        raise NotFound
    if row.state != Lesson.State.WAITING or row.edition_id is not None:
        raise Conflict(SETTLED, code="settled")
    return row


def _names(playbook: str, step: str) -> bool:
    try:
        known = queries.in_force(playbook).playbook
    except NotFound:
        return False
    return not step or any(one.id == step for one in known.steps)


def _decide(row: Lesson, state: Lesson.State, by: Person, now: datetime) -> None:
    row.state, row.decided_at = state, now
    row.decided_by = User.objects.get(pk=by.user_id)
    row.save(update_fields=["state", "decided_at", "decided_by", "reason"])


def _record(kind: Kind, row: Lesson, by: Actor, now: datetime, **more: str) -> None:
    data = {"playbook": row.playbook, "step": row.step, **more}
    record(kind, row, by=by, at=now, data=data)
