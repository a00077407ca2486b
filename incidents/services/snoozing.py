"""Snooze: a new report leaves the triage inbox until a date. A date, not a state."""

from datetime import datetime, timedelta
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid
from incidents import kinds
from incidents.domain.lifecycle import State
from incidents.domain.moments import PARIS
from incidents.models import Incident
from incidents.services.loading import worked_case

LONGEST = timedelta(days=14)


@change
def snooze(*, incident: UUID, version: int, by: Person, until: datetime, now: datetime) -> Incident:
    """Keep a new case out of the inbox until *until*; it stays in the queue.

    Raises ``Conflict`` for a case that is not new, ``Invalid`` for one that cannot wait (danger,
    P1, words to check) and for a moment that is past or more than 14 days away.
    """
    case = worked_case(by, incident, version)
    if case.state != State.NEW:
        raise Conflict("Seul un nouveau dossier se reporte.", code="not-new", state=case.state)
    if case.hurries:
        raise Invalid(
            "Ce dossier ne peut pas attendre.",
            code="urgent",
            fields={"until": "Prenez-le, ou demandez à un collègue de le prendre."},
        )
    if not now < until <= now + LONGEST:
        raise Invalid(
            "Choisissez un jour dans les deux semaines.",
            fields={"until": "Choisissez un jour dans les deux semaines."},
        )
    case.snoozed_until = until
    case.store(now)
    day = until.astimezone(PARIS).date()
    record(kinds.SNOOZED, case, by=by, at=now, data={"until": day.isoformat()})
    return case
