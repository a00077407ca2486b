"""Watching: somebody of the desk wants to know what changes in a case."""

from datetime import datetime
from uuid import UUID

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.journal import change, record
from incidents import kinds
from incidents.models import Incident, Watch
from incidents.services.loading import worked_case


@change
def watch(*, incident: UUID, by: Person, now: datetime) -> Incident:
    """Have *by* told of what changes in a case; twice is once. The case itself does not change."""
    case = worked_case(by, incident, None)
    person = User.objects.get(pk=by.user_id)
    _row, made = Watch.objects.get_or_create(incident=case, user=person)
    if made:
        record(kinds.WATCHED, case, by=by, at=now)
    return case


@change
def unwatch(*, incident: UUID, by: Person, now: datetime) -> Incident:
    """Stop telling *by*."""
    case = worked_case(by, incident, None)
    count, _rows = Watch.objects.filter(incident=case, user=by.user_id).delete()
    if count:
        record(kinds.UNWATCHED, case, by=by, at=now)
    return case
