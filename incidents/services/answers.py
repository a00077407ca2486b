"""What the desk writes to a victim by itself."""

from datetime import datetime
from uuid import UUID

from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.kernel import codes
from incidents import kinds
from incidents.models import Incident, Message
from incidents.models.conversation import AUTOMATIC


@change
def answer_by_itself(*, incident: UUID, text: str, about: int, now: datetime) -> Message:
    """Add the desk's automatic answer to the event number *about*; once. The case stays unread."""
    once = codes.idempotency(f"{AUTOMATIC}|{incident}|{about}")
    case = Incident.locked(incident)
    known = Message.objects.filter(idempotency=once).first()
    if known is not None:
        return known
    message = Message.objects.create(
        incident=case, via=AUTOMATIC, idempotency=once, text=text, written_at=now
    )
    case.store(now)
    record(kinds.DESK_WROTE, case, by=SYSTEM, at=now, data={"message": str(message.uuid)})
    return message
