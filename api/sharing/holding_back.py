"""What does not leave: each value held back with its reason."""

from dataclasses import replace

from django.conf import settings

from api.sharing import wellknown
from api.sharing.facts import Facts
from api.sharing.reasons import (
    FALSE_POSITIVE,
    KNOWN,
    NO_FORM,
    NOT_JUDGED,
    PRIVATE,
    VICTIM,
    Held,
)
from api.stix.case import Case, Value
from api.stix.values import FORMS
from incidents.domain.observables import extract
from incidents.models import ObservableRole
from incidents.services.harmless import is_listed

_OF_ROLE = {
    ObservableRole.SEEN: NOT_JUDGED,
    ObservableRole.FALSE_POSITIVE: FALSE_POSITIVE,
    ObservableRole.VICTIM: VICTIM,
}


def hold_back(facts: Facts) -> tuple[Case, list[Held]]:
    """Return the case with the values that may leave, and the others with their reasons.

    Reads the warning lists: for a job, not for a request.
    """
    held = [Held(kind, value, _OF_ROLE[ObservableRole(role)]) for kind, value, role in facts.others]
    leaving = []
    for value in facts.case.values:
        reason = _reason(facts, value)
        if reason is None:
            leaving.append(value)
        else:
            held.append(reason)
    return replace(facts.case, values=tuple(leaving)), held


def _reason(facts: Facts, value: Value) -> Held | None:
    if facts.names.in_value(value.type, value.value):
        return Held(value.type, value.value, VICTIM)
    if value.type not in FORMS:
        return Held(value.type, value.value, NO_FORM)
    if any(found.internal for found in extract(value.value)):
        return Held(value.type, value.value, PRIVATE)
    if is_listed(value.type, value.value):
        return Held(value.type, value.value, KNOWN, settings.DESK_NAME)
    known = wellknown.lists().find(value.type, value.value)
    return Held(value.type, value.value, KNOWN, known) if known else None
