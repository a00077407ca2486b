"""What closes cases to the people of an operator, done again after an older backup is restored."""

from datetime import datetime

from csirt.directory import kinds
from csirt.directory.models import Contact, Operator, OperatorAgreement, OperatorMember
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.ledger import Entry, again


def register() -> None:
    """Attach the handlers; called when the app is ready."""
    again(kinds.ENDED)(_ended)
    again(kinds.MEMBER_REMOVED)(_member_removed)
    again(kinds.TRUST_CHANGED)(_trust_changed)


@change
def _ended(entry: Entry, now: datetime) -> None:
    agreed = OperatorAgreement.objects.filter(
        operator__uuid=entry.object, organisation__uuid=entry.data["organisation"], ended_at=None
    )
    for row in agreed.select_related("operator"):
        row.ended_at = now
        row.save()
        record(kinds.ENDED, row.operator, by=SYSTEM, at=now, data=entry.data)


@change
def _member_removed(entry: Entry, now: datetime) -> None:
    operator = Operator.objects.filter(uuid=entry.object).first()
    members = OperatorMember.objects.filter(operator=operator, user__uuid=entry.data["user"])
    if operator is not None and members.delete()[0]:
        record(kinds.MEMBER_REMOVED, operator, by=SYSTEM, at=now, data=entry.data)


@change
def _trust_changed(entry: Entry, now: datetime) -> None:
    """What is not to be used stays so; what may be used again, somebody says again."""
    good = Contact.Trust.GOOD
    row = Contact.objects.select_for_update(no_key=True).filter(uuid=entry.object).first()
    if row is None:
        return
    told = {name: new for name, (_old, new) in entry.data["changes"].items() if new != good}
    changes = {n: [getattr(row, n), new] for n, new in told.items() if getattr(row, n) != new}
    if changes:
        for name, (_old, new) in changes.items():
            setattr(row, name, new)
        row.version += 1
        row.save()
        data = {"organisation": entry.data["organisation"], "changes": changes}
        record(kinds.TRUST_CHANGED, row, by=SYSTEM, at=now, data=data)
