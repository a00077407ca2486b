"""Dated events: what happened at the victim's, kept at its own moment beside the journal's events."""

from datetime import datetime
from uuid import UUID

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.journal.kinds import Kind
from csirt.kernel.errors import Conflict, Invalid, NotFound
from incidents import kinds
from incidents.domain import zones
from incidents.domain.moments import WrongMoment
from incidents.models import DatedEvent, Incident
from incidents.services.loading import required_text, worked_case

LONGEST = 2_000  # characters


@change
def date_event(
    *,
    incident: UUID,
    by: Person,
    day: str,
    hour: str,
    zone: str,
    approximate: bool,
    text: str,
    now: datetime,
) -> DatedEvent:
    """Say what happened and when, in the clocks of *zone*; raises ``Invalid`` naming the field."""
    case = worked_case(by, incident, None)
    row = DatedEvent(incident=case, author=User.objects.get(pk=by.user_id), written_at=now)
    _say(row, day, hour, zone, text, approximate=approximate, now=now)
    return _keep(row, case, kinds.DATED, by=by, now=now)


@change
def redate(
    *,
    incident: UUID,
    event: UUID,
    version: int,
    by: Person,
    day: str,
    hour: str,
    zone: str,
    approximate: bool,
    text: str,
    now: datetime,
) -> DatedEvent:
    """Say better what was said. *version* is the event's; raises as ``date_event``, ``Conflict``."""
    case, row = _held(incident, event, version, by)
    _say(row, day, hour, zone, text, approximate=approximate, now=now)
    row.version += 1
    return _keep(row, case, kinds.REDATED, by=by, now=now)


@change
def undate(*, incident: UUID, event: UUID, version: int, by: Person, now: datetime) -> DatedEvent:
    """Take an event off the timeline; ``put_back`` brings it back."""
    case, row = _held(incident, event, version, by)
    row.removed_at, row.version = now, row.version + 1
    return _keep(row, case, kinds.UNDATED, by=by, now=now)


@change
def put_back(*, incident: UUID, event: UUID, by: Person, now: datetime) -> DatedEvent:
    """Bring back an event that was taken off; twice is once."""
    case = worked_case(by, incident, None)
    row = DatedEvent.objects.filter(incident=case, uuid=event).first()
    if row is None:
        raise NotFound
    if row.removed_at is None:
        return row
    row.removed_at, row.version = None, row.version + 1
    return _keep(row, case, kinds.DATED_AGAIN, by=by, now=now)


def _held(incident: UUID, event: UUID, version: int, by: Person) -> tuple[Incident, DatedEvent]:
    case = worked_case(by, incident, None)
    row = DatedEvent.objects.filter(incident=case, uuid=event).first()
    if row is None:
        raise NotFound
    if row.version != version or row.removed_at is not None:
        raise Conflict("Quelqu'un vient de modifier ce moment. Relisez-le, puis recommencez.")
    return case, row


def _say(
    row: DatedEvent,
    day: str,
    hour: str,
    zone: str,
    text: str,
    *,
    approximate: bool,
    now: datetime,
) -> None:
    try:
        told = zones.read(day, hour, zone, now=now)
    except WrongMoment as error:
        field = {zones.WrongZone: "zone", zones.WrongHour: "hour"}.get(type(error), "day")
        raise Invalid("Ce moment n'est pas lisible.", fields={field: str(error)}) from error
    row.at, row.precision, row.zone = told.at, told.precision, told.zone
    row.text = required_text(text, "text", longest=LONGEST)
    row.approximate = approximate


def _keep(row: DatedEvent, case: Incident, kind: Kind, *, by: Person, now: datetime) -> DatedEvent:
    row.save()
    case.store(now)
    record(kind, row, by=by, at=now)
    return row
