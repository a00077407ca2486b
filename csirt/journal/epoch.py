"""A new epoch after a restore: sequence numbers may repeat, so every reader starts again."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from csirt.journal.change import change, record
from csirt.journal.kinds import declare
from csirt.journal.models import Head

EPOCH_BEGUN = declare("journal.epoch_begun", after="int")


@dataclass(frozen=True)
class System:
    """The desk itself, when nobody asked: periodic work, restores, consumers."""

    actor: str = "system"


SYSTEM = System()


@change
def begin(*, at: datetime) -> Head:
    """Give the journal a new epoch; the chain goes on."""
    head = Head.objects.select_for_update().get(pk=1)
    head.epoch = uuid.uuid4()
    head.save(update_fields=["epoch"])
    record(EPOCH_BEGUN, head, by=SYSTEM, at=at, data={"after": head.seq})
    return head
