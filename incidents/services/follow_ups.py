"""What a victim is asked after closing: sent once a round, answered on their page; a bad answer reopens.

What is due follows from the state of a case alone. One that is reopened, erased or taken back is not
written to; closed again, its days are counted from then.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from csirt.accounts.principals import Victim
from csirt.directory import reference
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.kernel import codes
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.reference.review import LaterQuestion
from incidents import kinds
from incidents.domain import later_questions
from incidents.domain.lifecycle import State
from incidents.models import ErasureRequest, FollowUp, Incident, Message
from incidents.models.conversation import AUTOMATIC
from incidents.services.following import heard, own_and_standing, write_as_victim

AT_ONCE = 20  # cases a turn: the worker has other work


def due(at: datetime) -> list[tuple[Incident, int]]:
    """Return the cases whose victim is to be written to now, each with the days of its round."""
    found: list[tuple[Incident, int]] = []
    for one, begins, until in later_questions.windows(reference.current().reviews):
        cases = _due(one.days).filter(closed_at__lte=at - begins, closed_at__gt=at - until)
        found += [(case, one.days) for case in cases.order_by("closed_at", "pk")[:AT_ONCE]]
    return found[:AT_ONCE]


def _due(days: int) -> QuerySet[Incident]:
    sent = FollowUp.objects.filter(
        incident=OuterRef("pk"), closed_at=OuterRef("closed_at"), days=days
    )
    going = ErasureRequest.objects.filter(incident=OuterRef("pk"), accepted=True)
    cases = Incident.objects.filter(state=State.CLOSED, erased_at=None)
    return cases.exclude(Exists(sent)).exclude(Exists(going))


@change
def send(*, incident: UUID, days: int, text: str, now: datetime) -> FollowUp | None:
    """Write *text* to the victim as the round after *days*; None when it is not due any more.

    The case stays as it is: it is neither on top, nor of another version.
    """
    case = Incident.locked(incident)
    if case.closed_at is None or not _due(days).filter(pk=case.pk).exists():
        return None
    message = Message.objects.create(
        incident=case,
        via=AUTOMATIC,
        idempotency=codes.idempotency(f"follow-up|{incident}|{case.closed_at.isoformat()}|{days}"),
        text=text,
        written_at=now,
    )
    row = FollowUp.objects.create(
        incident=case,
        days=days,
        closed_at=case.closed_at,
        reference_version=reference.current_version(),
        message=message,
        sent_at=now,
    )
    data = {"followup": str(row.uuid), "days": days}
    record(kinds.FOLLOWED_UP, row, by=SYSTEM, at=now, data=data)
    return row


def waiting(case: Incident) -> FollowUp | None:
    """Return what the victim of a case already seen is asked now: the latest, unless it is answered."""
    if case.state != State.CLOSED or case.closed_at is None:
        return None
    rows = FollowUp.objects.filter(incident=case, closed_at=case.closed_at)
    latest = rows.order_by("-days").first()
    return latest if latest is not None and latest.answered_at is None else None


def questions(row: FollowUp, case: Incident) -> list[LaterQuestion]:
    """Return what a follow-up asks, in the words of when it was sent."""
    reviews = reference.version(row.reference_version_id).reviews
    return later_questions.asked(reviews, row.days, kind=case.victim_kind, category=case.category)


@change
def answer(
    *,
    victim: Victim,
    follow_up: UUID,
    answers: Mapping[str, str],
    token: str,
    text: str,
    now: datetime,
) -> FollowUp:
    """Keep what the victim answers; the case is reopened when it goes on. Any question may be left.

    *text*, in their own words, is a message like any other. The same answer twice is one, and words
    added to it are heard. Raises ``NotFound``, ``Invalid`` for an answer that is none, or when
    nothing is said, and ``Conflict``, with nothing written, once something else was answered. What
    was asked after an earlier closing reopens nothing: the desk hears it.
    """
    row = _of(victim, follow_up)
    if row.answered_at is not None:
        if row.answers != dict(answers):
            raise Conflict("Vous avez déjà répondu. Écrivez-nous un message.", code="answered")
        if text.strip():
            write_as_victim(victim=victim, token=token, text=text, now=now)
        return row
    asked = questions(row, row.incident)
    known = {one.id: one for one in asked}
    for name, said in answers.items():
        if name not in known or later_questions.given(known[name], said) is None:
            raise Invalid(
                "Une valeur n'est pas dans sa liste.",
                fields={name: "Choisissez une réponse de la liste."},
            )
    if not answers and not text.strip():
        first = asked[0].id if asked else "mots"
        raise Invalid(
            "Vous n'avez rien répondu.",
            code="empty",
            fields={first: "Répondez à une question au moins, ou écrivez-nous."},
        )
    if text.strip():
        write_as_victim(victim=victim, token=token, text=text, now=now)
    own, standing = own_and_standing(victim)
    found = later_questions.bad(asked, answers)
    row.answers, row.answered_at, row.bad = dict(answers), now, bool(found)
    row.save(update_fields=["answers", "answered_at", "bad"])
    data = {"followup": str(row.uuid), "days": row.days, "bad": row.bad}
    record(kinds.FOLLOW_UP_ANSWERED, row, by=victim, at=now, data=data)
    if standing.pk != own.pk:
        record(kinds.FOLLOW_UP_ANSWERED, standing, by=victim, at=now, data=data, audience="desk")
    if found:
        of_now = own.state == State.CLOSED and own.closed_at == row.closed_at
        _goes_on(standing, victim, row.days, found, now, reopens=of_now)
    return row


def _of(victim: Victim, follow_up: UUID) -> FollowUp:
    own, _standing = own_and_standing(victim)
    rows = FollowUp.objects.select_for_update(of=("self",), no_key=True)
    row = rows.select_related("incident").filter(incident=own, uuid=follow_up).first()
    if row is None:
        raise NotFound
    return row


def _goes_on(
    case: Incident,
    victim: Victim,
    days: int,
    found: list[tuple[str, str]],
    now: datetime,
    *,
    reopens: bool,
) -> None:
    """Bring a case to the top; with *reopens*, reopen it, unless it is to be erased."""
    going = ErasureRequest.objects.filter(incident=case, accepted=True).exists()
    heard(case, victim, now)
    if reopens and not going:
        said = " ".join(f"{question} {choice}." for question, choice in found)
        case.go("reopen", reason=f"Suivi à {days} jours. {said}")
        record(kinds.REOPENED, case, by=victim, at=now, data={"state": case.state})
    case.store(now)
