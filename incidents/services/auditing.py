"""Reading the journal itself is an act when it leaves the desk: an export is noted."""

from collections.abc import Mapping
from datetime import datetime

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.journal import change, record
from incidents import kinds


@change
def note_export(*, by: Person, asked: Mapping[str, str], now: datetime) -> None:
    """Note who exported which part of the journal; *asked*: its filters, identifiers alone."""
    user = User.objects.get(pk=by.user_id)
    data = {name: value for name, value in asked.items() if value}
    record(kinds.JOURNAL_EXPORTED, user, by=by, at=now, data=data)
