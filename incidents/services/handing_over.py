"""The hand-over between two shifts: a free text by who leaves, acknowledged by who takes over."""

from datetime import datetime, timedelta
from uuid import UUID

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents import kinds_team as kinds
from incidents.models import HandOver
from incidents.services.loading import optional_text

TWICE = timedelta(minutes=1)  # a button that was pressed again


@change
def hand_over(*, by: Person, since: datetime, text: str, now: datetime) -> HandOver:
    """Leave a word for who comes; *since*: when the shift of *by* began. Pressed twice is once.

    Raises ``NotAllowed`` for who works no cases, ``Invalid`` for a text or a moment that cannot be.
    """
    if not by.works_cases:
        raise NotAllowed
    if since >= now:
        raise Invalid("Ce moment est à venir.", fields={"depuis": "Donnez une date passée."})
    text, author = optional_text(text, "text"), User.locked(by.uuid)
    same = HandOver.objects.filter(author=author, since=since, text=text, taken_by=None)
    if known := same.filter(written_at__gt=now - TWICE).first():
        return known
    row = HandOver.objects.create(author=author, since=since, text=text, written_at=now)
    data = {"since": since.isoformat(timespec="minutes")}
    record(kinds.HANDED_OVER, row, by=by, at=now, data=data)
    return row


@change
def take_over(*, handover: UUID, by: Person, now: datetime) -> HandOver:
    """Say that one has read a hand-over and goes on from there; twice is once.

    Raises ``NotAllowed``, ``NotFound``, ``Conflict`` when somebody else took over already.
    """
    if not by.works_cases:
        raise NotAllowed
    rows = HandOver.objects.select_for_update(of=("self",)).filter(uuid=handover)
    row = rows.select_related("author").first()
    if row is None:
        raise NotFound
    if row.taken_by_id == by.user_id:
        return row
    if row.taken_by_id is not None:
        raise Conflict("Quelqu'un a déjà pris cette relève.", code="taken")
    row.taken_by_id, row.taken_at = by.user_id, now
    row.save(update_fields=["taken_by", "taken_at"])
    record(kinds.TAKEN_OVER, row, by=by, at=now, data={"author": str(row.author.uuid)})
    return row
