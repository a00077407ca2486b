"""What ended a kit and its reminder, done again after an older backup is restored."""

from datetime import datetime

from django.db.models import Q

from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.ledger import Entry, again
from playbooks import kinds
from playbooks.models import Kit, KitReminder, KitRound
from playbooks.services import kits


def register() -> None:
    """Attach the handlers; called when the app is ready."""
    again(kinds.KIT_DELETED)(_deleted)
    again(kinds.KIT_REMINDER_ENDED, kinds.KIT_AGAIN)(_reminder_ended)


@change
def _deleted(entry: Entry, now: datetime) -> None:
    row = Kit.objects.filter(uuid=entry.object).first()
    if row is not None:
        record(kinds.KIT_DELETED, row, by=SYSTEM, at=now)
        kits.take_back_mail(row)
        KitRound.objects.filter(kit=row).delete()
        row.delete()


@change
def _reminder_ended(entry: Entry, now: datetime) -> None:
    """The address was withdrawn, or had its one mail: it is forgotten."""
    kit = Kit.objects.filter(uuid=entry.object).first()  # withdrawn while the mail waited to leave
    if kit is not None:
        kits.take_back_mail(kit)
    row = KitReminder.objects.filter(Q(uuid=entry.object) | Q(kit=kit, kit__isnull=False)).first()
    if row is not None:
        record(kinds.KIT_REMINDER_ENDED, row, by=SYSTEM, at=now)
        row.delete()
