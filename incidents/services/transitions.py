"""One service for each edge of the life of a case.

All raise ``NotFound`` when the case is hidden or absent, ``NotAllowed`` for who may only look, and
``Conflict`` with the new state when it changed since *version* or the edge does not leave its state.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory import reference
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.kernel.errors import Invalid, NotAllowed
from csirt.kernel.tlp import Tlp
from incidents import kinds
from incidents.domain.lifecycle import State
from incidents.models import About, Consent, Incident, Kind, Priority
from incidents.queries import refused
from incidents.services import guarding
from incidents.services.loading import (
    optional_text,
    refuse_while_erasing,
    required_text,
    worked_case,
)
from incidents.services.merging import merge, split
from incidents.services.notes import keep_reason

WAITS_ON = ("victim", "provider", "partner")
BY_PHONE = "phone"  # how the victim agreed, when the follow-up page does not say so
LONGEST_WAIT = timedelta(days=180)


@change
def take(*, incident: UUID, version: int, by: Person, now: datetime) -> Incident:
    """Say "I look at it": the case is assigned to *by*."""
    case = worked_case(by, incident, version)
    case.go("take", assignee=User.objects.get(pk=by.user_id))
    case.store(now)
    record(kinds.TAKEN, case, by=by, at=now, data={"state": case.state})
    return case


@change
def qualify(
    *,
    incident: UUID,
    version: int,
    by: Person,
    kind: str,
    category: str,
    priority: str,
    tlp: str,
    now: datetime,
    reason: str = "",
) -> Incident:
    """Turn a report being looked at into a case being answered.

    Raises ``Invalid`` for a value that is not in its list, and when the priority differs from the
    computed one without a written reason; ``NotAllowed`` when somebody has chosen a TLP before and
    *by*, who is no lead, would lower it.
    """
    case = worked_case(by, incident, version)
    _one_of("kind", kind, Kind.values)
    _one_of("priority", priority, Priority.values)
    _one_of("tlp", tlp, list(Tlp))
    _one_of("category", category, reference.current().categories)
    reason = optional_text(reason, "reason")
    overridden, old = priority != case.priority, Tlp(case.tlp)
    lowered = Tlp(tlp) < old and case.tlp_was_chosen
    case.go("qualify", kind=kind, category=category, priority=priority, tlp=tlp, reason=reason)
    if lowered and by.role != Role.LEAD:
        raise NotAllowed("Seul un responsable peut abaisser le TLP.")
    case.store(now)
    data = {
        "state": case.state,
        "kind": kind,
        "category": category,
        "priority": priority,
        "tlp": tlp,
        "overridden": overridden,
    }
    record(kinds.QUALIFIED, case, by=by, at=now, data=data)
    if overridden:
        keep_reason(case, reason, by=by, now=now)
    if Tlp(tlp) > old:
        record(kinds.TLP_RAISED, case, by=by, at=now, data={"old": old, "new": tlp})
    if lowered:
        record(kinds.TLP_LOWERED, case, by=by, at=now, data={"old": old, "new": tlp})
    return case


@change
def accept(
    *,
    incident: UUID,
    version: int,
    by: Person,
    kind: str,
    category: str,
    priority: str,
    tlp: str,
    now: datetime,
    reason: str = "",
) -> Incident:
    """Take and qualify at once, as the triage inbox does."""
    case = take(incident=incident, version=version, by=by, now=now)
    return qualify(
        incident=incident,
        version=case.version,
        by=by,
        kind=kind,
        category=category,
        priority=priority,
        tlp=tlp,
        reason=reason,
        now=now,
    )


@change
def wait(
    *,
    incident: UUID,
    version: int,
    by: Person,
    waiting_on: str,
    reason: str,
    until: datetime,
    now: datetime,
) -> Incident:
    """Put a case aside until *until*, or until the victim writes."""
    case = worked_case(by, incident, version)
    _one_of("waiting_on", waiting_on, WAITS_ON)
    if not now < until <= now + LONGEST_WAIT:
        raise Invalid(
            "Cette date ne convient pas.",
            code="bad-date",
            fields={"until": "Choisissez une date à venir, dans les six mois."},
        )
    reason = required_text(reason, "reason")
    case.go("wait", waiting_on=waiting_on, reason=reason, until=until)
    case.store(now)
    data = {"state": case.state, "on": waiting_on, "until": until.date().isoformat()}
    record(kinds.WAITED, case, by=by, at=now, data=data)
    return case


@change
def resume(*, incident: UUID, version: int, by: Person, now: datetime) -> Incident:
    """Take a waiting case up again where it was."""
    case = worked_case(by, incident, version)
    case.go("resume")
    case.store(now)
    record(kinds.RESUMED, case, by=by, at=now, data={"state": case.state, "why": "person"})
    return case


@change
def resume_due(*, now: datetime, limit: int = 100) -> int:
    """Bring back the cases whose date has come; returns how many. Called by ``tend``."""
    due = (
        Incident.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(state=State.WAITING, waiting_until__lte=now)
        .order_by("pk")[:limit]
    )
    count = 0
    for case in due:
        case.go("resume")
        case.store(now)
        record(kinds.RESUMED, case, by=SYSTEM, at=now, data={"state": case.state, "why": "date"})
        count += 1
    return count


@change
def contain(*, incident: UUID, version: int, by: Person, now: datetime) -> Incident:
    """The attack is stopped: restore and watch."""
    case = worked_case(by, incident, version)
    case.go("contain")
    case.store(now)
    record(kinds.CONTAINED, case, by=by, at=now, data={"state": case.state})
    return case


@change
def resolve(*, incident: UUID, version: int, by: Person, reason: str, now: datetime) -> Incident:
    """The answer is over: lessons and follow-up begin."""
    case = worked_case(by, incident, version)
    case.go("resolve", reason=required_text(reason, "reason"), now=now)
    case.store(now)
    record(kinds.RESOLVED, case, by=by, at=now, data={"state": case.state})
    return case


@change
def close(
    *, incident: UUID, version: int, by: Person, closing_words: str, now: datetime
) -> Incident:
    """End the case with a word to the victim, shown on their page.

    Raises what those who guard this edge raise: see ``guarding``.
    """
    case = worked_case(by, incident, version)
    case.go("close", closing_words=required_text(closing_words, "closing_words"), now=now)
    guarding.ask("close", case, now)
    case.store(now)
    record(kinds.CLOSED, case, by=by, at=now, data={"state": case.state})
    return case


@change
def reopen(*, incident: UUID, version: int, by: Person, reason: str, now: datetime) -> Incident:
    """Bring an ended case back; not one whose victim was told that it will be erased."""
    case = worked_case(by, incident, version)
    refuse_while_erasing(case)
    case.go("reopen", reason=required_text(reason, "reason"))
    case.store(now)
    record(kinds.REOPENED, case, by=by, at=now, data={"state": case.state})
    return case


@change
def redirect(
    *,
    incident: UUID,
    version: int,
    by: Person,
    redirected_to: str,
    consent: bool,
    reason: str,
    now: datetime,
) -> Incident:
    """Hand the case to another service, with the victim's consent.

    Raises ``Invalid`` without it: what was said no to on the follow-up page is no, whatever the
    analyst ticked. The event names the text that was agreed to, or ``phone``.
    """
    case = worked_case(by, incident, version)
    if refused(case, About.HANDOVER):
        raise Invalid(
            "La victime n'est pas d'accord pour transmettre son dossier.",
            code="no-consent",
            fields={
                "consent": "Elle l'a dit sur sa page de suivi. Demandez-lui d'y changer d'avis."
            },
        )
    _one_of("redirected_to", redirected_to, reference.current().contacts)
    reason = required_text(reason, "reason")
    case.go("redirect", redirected_to=redirected_to, consent=consent, reason=reason)
    case.store(now)
    given = Consent.objects.filter(incident=case, about=About.HANDOVER, given=True).first()
    data = {
        "state": case.state,
        "to": redirected_to,
        "agreed": given.text_version if given else BY_PHONE,
    }
    record(kinds.REDIRECTED, case, by=by, at=now, data=data)
    return case


@change
def reject(*, incident: UUID, version: int, by: Person, reason: str, now: datetime) -> Incident:
    """Not a security event."""
    case = worked_case(by, incident, version)
    case.go("reject", reason=required_text(reason, "reason"))
    case.store(now)
    record(kinds.REJECTED, case, by=by, at=now, data={"state": case.state})
    return case


SERVICES: dict[str, Callable[..., Incident]] = {
    "take": take,
    "qualify": qualify,
    "wait": wait,
    "resume": resume,
    "contain": contain,
    "resolve": resolve,
    "close": close,
    "reopen": reopen,
    "redirect": redirect,
    "reject": reject,
    "merge": merge,
    "split": split,
}


def _one_of(field: str, value: str, allowed: object) -> None:
    if value not in allowed:  # type: ignore[operator]
        raise Invalid(
            "Une valeur n'est pas dans sa liste.",
            code="bad-value",
            fields={field: "Choisissez une valeur de la liste."},
        )
