"""The priority that an analyst gives a case beside the one that the rules gave, with the reason."""

from datetime import datetime
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid
from incidents import kinds
from incidents.domain.lifecycle import TERMINAL
from incidents.models import Incident, Priority
from incidents.services.loading import required_text, worked_case
from incidents.services.notes import keep_reason


class SamePriority(Invalid):
    """Nothing was changed, and the reason that was written is kept nowhere: its writer is told."""

    def __init__(self) -> None:
        super().__init__(
            "Ce dossier a déjà cette priorité.", fields={"priority": "Choisissez-en une autre."}
        )


@change
def prioritise(
    *, incident: UUID, version: int, by: Person, priority: str, reason: str, now: datetime
) -> Incident:
    """Give a case that has not ended another priority. The rules only suggest from then on.

    Raises ``Invalid`` for no priority, or without a written reason; ``Conflict`` where it has ended.
    """
    case = worked_case(by, incident, version)
    if priority not in Priority.values:
        raise Invalid(
            "Une valeur n'est pas dans sa liste.",
            code="bad-value",
            fields={"priority": "Choisissez une valeur de la liste."},
        )
    reason = required_text(reason, "reason")
    if case.state in TERMINAL:
        raise Conflict(state=case.state)
    if priority == case.priority:
        return case
    previous, case.priority, case.priority_reason = case.priority, priority, reason
    case.store(now)
    data = {"priority": priority, "previous": previous}
    record(kinds.PRIORITISED, case, by=by, at=now, data=data)
    keep_reason(case, reason, by=by, now=now)
    return case
