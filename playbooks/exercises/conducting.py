"""Every write of an exercise: its life, what is delivered, and what is said of it afterwards.

Lock order: the play, the delivery, then whatever the delivered thing locks. An inject is marked in the
same transaction as what it becomes: a worker that is killed leaves both or neither.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.directory.models import Organisation
from csirt.journal import Kind, change, record
from csirt.journal.change import Actor
from csirt.journal.epoch import SYSTEM
from csirt.kernel import codes
from csirt.kernel.errors import Conflict, DeskError, Invalid, NotFound, Unavailable
from csirt.kernel.text import clean_line
from incidents.services.loading import optional_text, required_text
from playbooks.exercises import kinds, queries
from playbooks.exercises.arriving import bring
from playbooks.exercises.models import Channel, Delivery, Play, Ruling, Said
from playbooks.exercises.pacing import FASTEST, SLOWEST, start_of, wind

log = structlog.get_logger()

State = Play.State
LONGEST_NAME = 200
MOST_INJECT = 5_000  # characters of a free inject


@change
def set_up(*, scenario: str, speed: float, real: datetime) -> Play:
    """Make this database that of an exercise, with every inject of *scenario* to come.

    Raises ``Invalid`` for a scenario that the files do not know, or a speed out of bounds.
    """
    known = reference.current().exercises.get(scenario)
    if known is None:
        raise Invalid("Ce scénario n'existe pas.", fields={"scenario": "Choisissez-en un autre."})
    start = start_of(known, real)
    play = Play(scenario=known.id, reference_version=reference.current_version())
    play.starts_at = play.shown_at = start
    play.real_at, play.speed = real, _speed(speed)
    play.save(force_insert=True)
    Delivery.objects.bulk_create(
        Delivery(
            inject=inject.id,
            due_at=start + inject.at.timedelta,
            channel=inject.channel,
            org=inject.org,
            sender=inject.sender,
            text=inject.text_fr,
        )
        for inject in known.injects
    )
    transaction.on_commit(lambda: wind(play))
    return play


@change
def know_organisations(*, rows: dict[str, Organisation]) -> None:
    """Say which body of the directory each organisation of the scenario is, by its id."""
    for org, row in rows.items():
        Delivery.objects.filter(org=org).update(organisation=row)


@change
def begin(*, by: Person, real: datetime) -> Play:
    """Let the clock go. Raises ``Conflict`` when the exercise has begun."""
    play = _locked({State.READY})
    return _turn(play, kinds.BEGUN, State.RUNNING, by=by, real=real, scenario=play.scenario)


@change
def pause(*, by: Person, real: datetime) -> Play:
    """Stop the clock: nothing is delivered, and no deadline comes nearer."""
    return _turn(_locked({State.RUNNING}), kinds.PAUSED, State.PAUSED, by=by, real=real)


@change
def resume(*, by: Person, real: datetime) -> Play:
    """Let the clock go on from where it stands."""
    return _turn(_locked({State.PAUSED}), kinds.RESUMED, State.RUNNING, by=by, real=real)


@change
def interrupt(*, real: datetime) -> None:
    """Stop the clock of an exercise whose server ends, if it goes: who conducts it resumes it."""
    with suppress(Conflict):
        _turn(_locked({State.RUNNING}), kinds.PAUSED, State.PAUSED, by=SYSTEM, real=real)


@change
def go(*, speed: float, by: Person, real: datetime) -> Play:
    """Let the clock go *speed* times as fast as the world's; raises ``Invalid`` out of bounds."""
    play, faster = _locked({State.READY, State.RUNNING, State.PAUSED}), _speed(speed)
    play.shown_at, play.real_at, play.speed = play.pace.at(real), real, faster
    return _store(play, kinds.PACED, by, {"percent": round(100 * faster)})


@change
def end(*, by: Person, real: datetime) -> Play:
    """End the exercise: its clock stands still for good, and the hot wash can begin."""
    play = _locked({State.RUNNING, State.PAUSED})
    play.ended_at = play.pace.at(real)
    return _turn(play, kinds.ENDED, State.ENDED, by=by, real=real)


def _speed(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:
        raise Invalid(
            "Cette vitesse n'est pas possible.",
            fields={"speed": "Donnez un nombre entre 0,25 et 3600."},
        )
    return speed


def _locked(states: set[Play.State]) -> Play:
    play = Play.objects.select_for_update().filter(pk=1).first()
    if play is None:
        raise NotFound
    if play.state not in states:
        raise Conflict(
            "L'exercice n'en est plus là. Relisez la page, puis recommencez.", state=play.state
        )
    return play


def _turn(
    play: Play, kind: Kind, state: Play.State, *, by: Actor, real: datetime, **data: str
) -> Play:
    play.shown_at, play.real_at, play.state = play.pace.at(real), real, state
    return _store(play, kind, by, data)


def _store(play: Play, kind: Kind, by: Actor, data: dict[str, Any] | None) -> Play:
    play.version += 1
    play.save()
    record(kind, play, by=by, at=play.shown_at, data=data)
    transaction.on_commit(lambda: wind(play))
    return play


def deliver_due(*, now: datetime) -> int:
    """Deliver what is due by the exercise's clock, in order; return how much. For the worker.

    What the desk refuses is left out, with its reason for the conductor, and the next one arrives.
    """
    if queries.play().state != State.RUNNING:
        return 0
    done = 0
    for inject in queries.waiting().filter(due_at__lte=now).values_list("inject", flat=True):
        try:
            deliver(inject=inject, by=None, now=now)
        except (Conflict, Unavailable):  # another worker was faster, a pause: it is tried again
            continue
        except (DeskError, ValueError) as error:
            log.exception("inject.failed", inject=inject, error=type(error).__name__)
            with suppress(Conflict):
                _leave_out(inject=inject, error=error, now=now)
            continue
        done += 1
    return done


@change
def deliver(*, inject: str, by: Person | None, now: datetime) -> Delivery:
    """Have one inject reach the desk, now; *by* None: its time has come.

    Raises ``NotFound``, or ``Conflict`` when it is delivered or skipped already, or the exercise
    does not run.
    """
    play = _locked({State.RUNNING} if by is None else {State.RUNNING, State.PAUSED})
    return _deliver(play, _waiting(inject), by, now)


def _deliver(play: Play, row: Delivery, by: Person | None, now: datetime) -> Delivery:
    scenario = queries.scenario(play)
    kind = next((one.kind for one in scenario.organisations if one.id == row.org), "particulier")
    known = next((one for one in scenario.injects if one.id == row.inject), None)
    bring(row, answers=known.answers if known else {}, kind=kind, now=now)
    row.state = Delivery.State.DELIVERED
    data = {"inject": row.inject, "channel": row.channel, "early": row.due_at > now}
    return _settle(play, row, kinds.DELIVERED, by=by, now=now, data=data)


@change
def skip(*, inject: str, by: Person, now: datetime) -> Delivery:
    """Leave one inject out. Raises as ``deliver``."""
    play = _locked({State.READY, State.RUNNING, State.PAUSED})
    row = _waiting(inject)
    row.state = Delivery.State.SKIPPED
    return _settle(play, row, kinds.SKIPPED, by=by, now=now, data={"inject": row.inject})


@change
def put_back(*, inject: str, by: Person, now: datetime) -> Delivery:
    """Have an inject that somebody skipped come at its hour after all; at once, when that is past.

    Twice is once. Raises as ``deliver``; what the desk itself refused stays left out.
    """
    play = _locked({State.READY, State.RUNNING, State.PAUSED})
    row = Delivery.objects.select_for_update().filter(inject=inject).first()
    if row is None:
        raise NotFound
    if row.state == Delivery.State.WAITING:
        return row
    if row.state != Delivery.State.SKIPPED or row.settled_by_id is None:
        raise Conflict("Cet inject n'est pas sauté. Relisez la page.", code="settled")
    row.state, row.settled_at, row.settled_by = Delivery.State.WAITING, None, None
    row.save()
    record(kinds.PUT_BACK, play, by=by, at=now, data={"inject": row.inject})
    return row


@change
def _leave_out(*, inject: str, error: DeskError | ValueError, now: datetime) -> Delivery:
    """Skip what the desk does not take; the event says why, in codes and names of fields."""
    play, row = _locked({State.RUNNING}), _waiting(inject)
    row.state = Delivery.State.SKIPPED
    reason = [error.code] if isinstance(error, DeskError) else [type(error).__name__]
    reason += error.fields if isinstance(error, Invalid) else []
    data = {"inject": row.inject, "reason": reason}
    return _settle(play, row, kinds.FAILED, by=None, now=now, data=data)


@change
def inject_free(
    *, channel: str, org: str, sender: str, text: str, by: Person, now: datetime, token: str = ""
) -> Delivery:
    """Deliver at once something that the scenario does not hold; the same form twice is one.

    Raises ``Invalid``, and ``Conflict`` when the exercise has not begun, or is over.
    """
    play = _locked({State.RUNNING, State.PAUSED})
    wrong = {}
    if channel not in Channel.values:
        wrong["channel"] = "Choisissez une valeur de la liste."
    of_org = Delivery.objects.filter(org=clean_line(org)).first()
    if of_org is None:
        wrong["org"] = "Choisissez une valeur de la liste."
    if not text.strip():
        wrong["text"] = "Écrivez quelques mots."
    if wrong:
        raise Invalid(fields=wrong)
    key = codes.once(token, channel, org, sender, text)
    if known := Delivery.objects.filter(uuid=key).first():
        return known
    row = Delivery(
        uuid=key,
        inject=f"libre-{Delivery.objects.filter(free=True).count() + 1}",
        free=True,
        due_at=now,
        channel=channel,
        org=of_org.org if of_org else "",
        organisation=of_org.organisation if of_org else None,
        sender=clean_line(sender)[:LONGEST_NAME],
        text=required_text(text, "text", longest=MOST_INJECT),
    )
    row.save(force_insert=True)
    return _deliver(play, row, by, now)


def _waiting(inject: str) -> Delivery:
    row = Delivery.objects.select_for_update().filter(inject=inject).first()
    if row is None:
        raise NotFound
    if row.state != Delivery.State.WAITING:
        raise Conflict(
            "Cet inject est déjà livré ou sauté. Relisez la page.", code="settled", state=row.state
        )
    return row


def _settle(
    play: Play, row: Delivery, kind: Kind, *, by: Person | None, now: datetime, data: dict[str, Any]
) -> Delivery:
    row.settled_at, row.settled_by = now, _user(by) if by else None
    row.save()
    actor: Actor = by or SYSTEM
    record(kind, play, by=actor, at=now, data=data)
    return row


@change
def pick_up(*, inject: str, by: Person, now: datetime) -> Delivery:
    """Answer a call, or take note of an outside fact; who was second is told. Raises ``NotFound``."""
    play = _locked({State.RUNNING, State.PAUSED, State.ENDED})
    row = Delivery.objects.select_for_update().filter(inject=inject).first()
    if row is None or row.state != Delivery.State.DELIVERED or not row.is_picked_up:
        raise NotFound
    if row.taken_at is not None:
        return row
    row.taken_at, row.taken_by = now, _user(by)
    row.save()
    record(kinds.TAKEN, play, by=by, at=now, data={"inject": row.inject})
    return row


@change
def rule(*, inject: str, number: int, met: bool, by: Person, now: datetime) -> Ruling:
    """Say whether one expected act was done, where a person must. Raises ``NotFound``."""
    play = _locked({State.ENDED})
    known = next((one for one in queries.scenario(play).injects if one.id == inject), None)
    if known is None or not 0 <= number < len(known.expected):
        raise NotFound
    row = Delivery.objects.filter(inject=known.id, free=False).first()
    if row is None:
        raise NotFound
    values = {"met": met, "by": _user(by), "at": now}
    found, _ = Ruling.objects.update_or_create(delivery=row, number=number, defaults=values)
    data = {"inject": inject, "number": number, "met": met}
    record(kinds.RULED, play, by=by, at=now, data=data)
    return found


@change
def note(*, number: int, text: str, seen: str, by: Person, now: datetime) -> Said:
    """Keep what was said about one question of the debrief; what stands there already is kept once.

    *seen*: the ``digest`` of what *by* read there before. Raises ``NotFound``, ``Invalid``, and
    ``Conflict`` when somebody else wrote there since.
    """
    play = _locked({State.ENDED})
    if not 0 <= number <= len(queries.scenario(play).debrief_fr):
        raise NotFound
    said = optional_text(text, f"said-{number}")
    known = Said.objects.filter(number=number).first()
    if known is not None and known.text == said:
        return known
    if known is not None and known.digest != seen:
        raise Conflict(
            "Quelqu'un a écrit ici entre-temps. Réunissez les deux textes, puis gardez.",
            code="changed",
        )
    found, _ = Said.objects.update_or_create(
        number=number, defaults={"text": said, "by": _user(by), "at": now}
    )
    record(kinds.NOTED, play, by=by, at=now, data={"number": number})
    return found


def _user(by: Person) -> User:
    return User.objects.get(pk=by.user_id)
