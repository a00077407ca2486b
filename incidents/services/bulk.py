"""One act on several cases: all of them, or none. Taken back whole within ten seconds."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.journal import change
from csirt.kernel.errors import Conflict, DeskError, Invalid, NotAllowed, NotFound
from incidents.domain.lifecycle import State
from incidents.models import Campaign, Incident, Step
from incidents.queries import visible_to
from incidents.services import (
    campaigns,
    casework,
    following,
    merging,
    prioritising,
    snoozing,
    transitions,
    undoing,
)

MOST = 50  # cases at once
Chosen = Mapping[UUID, int]  # each case, and the version of it that the person saw
Work = Callable[[Incident], object]


class Stopped(DeskError):
    """Nothing was done: ``reasons`` has each case that stopped it, and why."""

    code = "stopped"
    sentence = "Rien n'a été fait. Voici ce qui s'y oppose : %(cases)s."

    def __init__(self, reasons: Sequence[tuple[Incident, DeskError]]) -> None:
        names = ", ".join(case.reference for case, _ in reasons)
        super().__init__(code=self.code, cases=names)
        self.reasons = reasons
        self.status = reasons[0][1].status


@change
def take(*, cases: Chosen, by: Person, now: datetime, keeps: bool = True) -> list[Incident]:
    """Assign the cases to *by*; a new one is taken."""

    def work(case: Incident) -> object:
        if case.state == State.NEW:
            return transitions.take(incident=case.uuid, version=case.version, by=by, now=now)
        return casework.assign(incident=case.uuid, version=case.version, by=by, to=by.uuid, now=now)

    return _each(_chosen(cases, by), work, act="prendre", by=by, now=now, keeps=keeps)


@change
def assign(
    *, cases: Chosen, by: Person, to: UUID | None, now: datetime, keeps: bool = True
) -> list[Incident]:
    """Give the cases to somebody of the desk, or to nobody."""

    def work(case: Incident) -> object:
        return casework.assign(incident=case.uuid, version=case.version, by=by, to=to, now=now)

    return _each(_chosen(cases, by), work, act="attribuer", by=by, now=now, keeps=keeps)


@change
def reject(
    *, cases: Chosen, by: Person, reason: str, now: datetime, keeps: bool = True
) -> list[Incident]:
    """End the cases as no event of security, each with the same *reason*."""

    def work(case: Incident) -> object:
        return transitions.reject(
            incident=case.uuid, version=case.version, by=by, reason=reason, now=now
        )

    return _each(_chosen(cases, by), work, act="reject", by=by, now=now, keeps=keeps)


@change
def prioritise(
    *,
    cases: Chosen,
    by: Person,
    priority: str,
    reason: str,
    now: datetime,
    keeps: bool = True,
) -> list[Incident]:
    """Give the cases another priority, each with the same *reason*."""

    def work(case: Incident) -> object:
        return prioritising.prioritise(
            incident=case.uuid, version=case.version, by=by, priority=priority, reason=reason,
            now=now,
        )  # fmt: skip

    return _each(_chosen(cases, by), work, act="priorite", by=by, now=now, keeps=keeps)


@change
def snooze(
    *, cases: Chosen, by: Person, until: datetime, now: datetime, keeps: bool = True
) -> list[Incident]:
    """Keep new cases out of the triage inbox until *until*."""

    def work(case: Incident) -> object:
        return snoozing.snooze(
            incident=case.uuid, version=case.version, by=by, until=until, now=now
        )

    return _each(_chosen(cases, by), work, act="reporter", by=by, now=now, keeps=keeps)


@change
def read(*, cases: Chosen, by: Person, now: datetime) -> list[Incident]:
    """Mark what the victims wrote as read."""

    def work(case: Incident) -> object:
        return following.read_messages(incident=case.uuid, by=by, now=now)

    return _each(_chosen(cases, by), work, act="lu", by=by, now=now)


@change
def group(
    *,
    cases: Chosen,
    by: Person,
    now: datetime,
    campaign: UUID | None = None,
    name: str = "",
    keeps: bool = True,
) -> tuple[list[Incident], Campaign | None]:
    """Put the cases into a campaign, a new one when *name* is given, into none without either."""
    chosen = _chosen(cases, by)
    if name:
        campaign = campaigns.open_campaign(by=by, name=name, now=now).uuid

    def work(case: Incident) -> object:
        return campaigns.put(
            incident=case.uuid, version=case.version, by=by, campaign=campaign, now=now
        )

    done = _each(chosen, work, act="campagne", by=by, now=now, keeps=keeps)
    return done, Campaign.objects.filter(uuid=campaign).first() if campaign else None


@change
def merge(
    *, cases: Chosen, by: Person, into: UUID, now: datetime, keeps: bool = True
) -> list[Incident]:
    """Hang the reports of the cases under *into*, which may be one of them."""
    chosen = _chosen(cases, by, beside=into)
    rest = [case for case in chosen if case.uuid != into]
    if not rest:
        raise Invalid(
            "Il n'y a rien à réunir.", fields={"into": "Choisissez un autre dossier à garder."}
        )

    def work(case: Incident) -> object:
        return merging.merge(incident=case.uuid, version=case.version, by=by, into=into, now=now)

    return _each(rest, work, act=undoing.MERGED, by=by, now=now, keeps=keeps)


@change
def undo(*, by: Person, now: datetime) -> list[Incident]:
    """Take the last act of *by* back, on every case that it was on.

    Raises ``Invalid`` after ten seconds or when there is nothing to undo, ``Stopped`` when somebody
    changed a case since, ``NotFound`` when one is hidden by now.
    """
    steps = {step.incident_id: step for step in Step.objects.filter(user_id=by.user_id)}
    if not steps or not all(now - undoing.FOR <= step.at <= now for step in steps.values()):
        raise Invalid(undoing.TOO_LATE, code="too-late")
    versions = {
        step.incident.uuid: step.version
        for step in Step.objects.filter(user_id=by.user_id).select_related("incident")
    }
    cases = _chosen(versions, by)

    def work(case: Incident) -> object:
        return undoing.take_back(steps[case.pk], case, by=by, now=now)

    return _each(cases, work, act="", by=by, now=now)


def _chosen(cases: Chosen, by: Person, *, beside: UUID | None = None) -> list[Incident]:
    """Return the cases, locked with those they hang under, by primary key.

    Raises ``Invalid`` for none and for more than ``MOST``, ``NotFound`` when one is hidden or
    absent, whatever the others are, ``Stopped`` when somebody changed one.
    """
    if not cases:
        raise Invalid("Choisissez au moins un dossier.", code="none")
    if len(cases) > MOST:
        raise Invalid("C'est trop à la fois : %(most)s dossiers au plus.", code="many", most=MOST)
    seen = visible_to(by)
    keys = seen.filter(uuid__in=[*cases, *([beside] if beside else [])])
    rows = keys.values_list("pk", "merged_into")
    merging.lock({key for row in rows for key in row if key is not None})
    found = list(seen.filter(uuid__in=cases).order_by("pk"))
    if len(found) != len(cases):
        raise NotFound
    if not by.works_cases:
        raise NotAllowed
    changed = [case for case in found if case.version != cases[case.uuid]]
    if changed:
        raise Stopped([(case, Conflict(state=case.state)) for case in changed])
    return found


def _why(stopped: Sequence[tuple[Incident, DeskError]], *, of: int) -> DeskError:
    """Return what to raise: the error itself where all *of* them refuse what was typed."""
    first = stopped[0][1]
    alike = {(str(error), error.code) for _, error in stopped}
    if len(stopped) == of and len(alike) == 1 and getattr(first, "fields", {}):
        return first
    return Stopped(stopped)


def _each(
    cases: Sequence[Incident],
    work: Work,
    *,
    act: str,
    by: Person,
    now: datetime,
    keeps: bool = True,
) -> list[Incident]:
    """Do *work* on each case; raises ``Stopped`` with every reason.

    *keeps*: how to take it back, in place of what *by* could undo until now.
    """
    stopped: list[tuple[Incident, DeskError]] = []
    if keeps:
        undoing.begin(by)
    for before in cases:
        try:
            work(before)
        except NotFound:
            raise
        except DeskError as error:
            if error.status >= 500:
                raise
            stopped.append((before, error))
    if stopped:
        raise _why(stopped, of=len(cases))
    after = Incident.objects.in_bulk([case.pk for case in cases])
    changed = [case for case in cases if after[case.pk].version != case.version]
    for before in changed if act and keeps else ():
        undoing.keep(before, after[before.pk], act=act, by=by, now=now)
    return [after[case.pk] for case in changed]
