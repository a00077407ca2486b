"""What does not leave: each value held back with its reason."""

from base64 import b64decode
from dataclasses import replace

from django.conf import settings

from api.sharing import wellknown
from api.sharing.facts import Facts
from api.sharing.reasons import (
    FALSE_POSITIVE,
    KNOWN,
    NO_FORM,
    NOT_JUDGED,
    PLAYBOOK,
    PRIVATE,
    VICTIM,
    Held,
)
from api.stix.case import Case, Course, Value
from api.stix.values import FORMS
from incidents.domain.observables import extract
from incidents.models import ObservableRole
from incidents.services.harmless import is_listed

_OF_ROLE: dict[str, str] = {
    ObservableRole.SEEN: NOT_JUDGED,
    ObservableRole.FALSE_POSITIVE: FALSE_POSITIVE,
    ObservableRole.VICTIM: VICTIM,
}


def hold_back(facts: Facts) -> tuple[Case, list[Held]]:
    """Return the case with what may leave, and the rest with its reasons.

    Reads the warning lists: for a job, not for a request.
    """
    held = [Held(kind, value, _OF_ROLE.get(role, role)) for kind, value, role in facts.others]
    leaving = []
    for value in facts.case.values:
        reason = _reason(facts, value)
        if reason is None:
            leaving.append(value)
        else:
            held.append(reason)
    case = replace(facts.case, values=tuple(leaving))
    kept = tuple(course for course in case.courses if not facts.names.in_text(_read(course)))
    held += [Held(PLAYBOOK, c.title, VICTIM) for c in case.courses if c not in kept]
    details = case.details
    if details is not None:
        tasks = tuple(task for task in details.tasks if not facts.names.in_text(task.title))
        details = replace(details, tasks=tasks)
    return replace(case, courses=kept, details=details), held


def _read(course: Course) -> str:
    """Return every word of a playbook that leaves."""
    return f"{course.title} {course.description} {b64decode(course.cacao).decode()}"


def _reason(facts: Facts, value: Value) -> Held | None:
    if not value.named and facts.names.in_value(value.type, value.value):
        return Held(value.type, value.value, VICTIM)
    if value.type not in FORMS:
        return Held(value.type, value.value, NO_FORM)
    if any(found.internal for found in extract(value.value)):
        return Held(value.type, value.value, PRIVATE)
    if is_listed(value.type, value.value):
        return Held(value.type, value.value, KNOWN, settings.DESK_NAME)
    known = wellknown.lists().find(value.type, value.value)
    return Held(value.type, value.value, KNOWN, known) if known else None
