"""Set apart: a report that came in a flood waits beside the queue, seen and counted, never lost.

Never what is urgent: ``Incident.may_be_apart``.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.kernel.errors import Conflict
from csirt.web.limits import Limit, within
from incidents import kinds
from incidents.models import Incident
from incidents.services.loading import worked_case


def is_above(token: str, source: str, now: datetime) -> bool:
    """Tell whether a report comes beyond what its *source* or the whole desk takes; counts it."""
    most = {f"report|{source}": settings.REPORTS_ADDRESS, "report|": settings.REPORTS_DESK}
    limits = [Limit(key, hourly / 3600, hourly) for key, hourly in most.items()]
    return not within(f"report|{token}", limits, now)


@change
def put_back(*, incident: UUID, version: int, by: Person, now: datetime) -> Incident:
    """Put a case that was set apart back in the queue; raises ``Conflict`` when it is there."""
    case = worked_case(by, incident, version)
    if not case.apart:
        raise Conflict("Ce dossier n'est pas mis à part.", code="not-apart", state=case.state)
    case.apart = False
    case.store(now)
    record(kinds.PUT_BACK, case, by=by, at=now)
    return case


@change
def set_apart(*, incident: UUID, version: int, by: Person, now: datetime) -> Incident:
    """Set a new case apart from the queue; raises ``Conflict`` for one that may not be."""
    case = worked_case(by, incident, version)
    if case.apart or not case.may_be_apart:
        raise Conflict(
            "Seul un nouveau dossier sans urgence se met à part.",
            code="not-to-be-apart",
            state=case.state,
        )
    case.apart = True
    case.store(now)
    record(kinds.SET_APART, case, by=by, at=now)
    return case
