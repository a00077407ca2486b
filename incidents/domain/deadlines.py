"""The clocks of a case: which there are, where each starts and ends, where it stands, when it warns.

Those of the law run in real time or on the calendar, as ``duties.yaml`` says; the desk's own targets
(``triage.yaml``) in opening hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from csirt.reference.bundle import Bundle
from csirt.reference.durations import Duration
from csirt.reference.duties import DutyRule, DutyStep
from csirt.reference.hours import OpeningHours
from incidents.domain.clocks import ends
from incidents.domain.lifecycle import State

SHORT = timedelta(hours=24)  # triage.yaml, caller_facts.horloge_courte.remaining_below
SUBMITTED = "submission_of_notification"
NOTIFICATION = "notification"  # the step whose submission starts the final report
Key = tuple[str, str]  # a duty, and its step or nothing


class Standing(StrEnum):
    """Where one clock stands."""

    RUNNING = "running"
    NEAR = "near"  # the warning before its end is due
    LATE = "late"  # over, and still to do
    UNTIMED = "untimed"  # to do, and the law gives no time
    AHEAD = "ahead"  # begins with an act that is not done yet
    PARTIAL = "partial"  # done in time for a part: the rest is to follow
    MET = "met"
    WAIVED = "waived"


class Target(StrEnum):
    """What the desk holds itself to, in opening hours."""

    FIRST_HUMAN = "first_human"
    QUALIFICATION = "qualification"
    UPDATE = "update"


@dataclass(frozen=True)
class Span:
    """From when to when; None: not begun, or no time given. ``met`` is known from the case."""

    start: datetime | None
    end: datetime | None
    met: datetime | None = None


def acts(rule: DutyRule) -> Mapping[Key, DutyRule | DutyStep]:
    """Return what a duty asks for: its steps, or itself."""
    if rule.steps:
        return {(rule.id, step.id): step for step in rule.steps}
    return {(rule.id, ""): rule}


def act(bundle: Bundle, duty: str, step: str) -> DutyRule | DutyStep | None:
    """Return one act, None when the files know none of that name."""
    rule = bundle.duties.get(duty)
    return acts(rule).get((duty, step)) if rule else None


def span(
    bundle: Bundle,
    one: DutyRule | DutyStep,
    *,
    knowledge: datetime | None,
    own: datetime | None = None,
    submitted: datetime | None = None,
) -> Span:
    """Return from when to when an act may be done.

    It starts at its *own* moment, else where its event does: the *knowledge* of the case, or the
    notification *submitted*; an event without a moment leaves it ahead.
    """
    starts = {start.id: start.default for start in bundle.vocabulary.duty_starts}
    start = own
    if start is None and starts[one.start] == "knowledge":
        start = knowledge
    if start is None and one.start == SUBMITTED:
        start = submitted
    return Span(start, ends(bundle, one, start) if start else None)


def targets(
    bundle: Bundle,
    priority: str,
    *,
    state: str,
    filed_at: datetime,
    answered_at: datetime | None,
    qualified_at: datetime | None,
    news_at: datetime | None,
) -> dict[Target, Span]:
    """Return what the desk holds itself to for a case of that priority.

    News count from the last ones, or from the qualification, while the case is worked on.
    """
    wanted, hours = bundle.triage.service_targets.of(priority), OpeningHours(bundle.service_hours)
    found = {
        Target.FIRST_HUMAN: Span(filed_at, hours.add(filed_at, wanted.first_human), answered_at),
        Target.QUALIFICATION: Span(
            filed_at, hours.add(filed_at, wanted.qualification), qualified_at
        ),
    }
    since = max((at for at in (news_at, qualified_at) if at is not None), default=None)
    if wanted.update and since and state in {State.ACTIVE, State.RECOVERY}:
        found[Target.UPDATE] = Span(since, hours.add(since, wanted.update))
    return found


def lead(start: datetime, end: datetime) -> timedelta:
    """Return how long before its end a clock warns: 24 hours, a third of a shorter one."""
    return min(SHORT, (end - start) / 3)


def standing(
    found: Span,
    *,
    now: datetime,
    timed: bool = True,
    partial: datetime | None = None,
    waived: datetime | None = None,
) -> Standing:
    """Say where a clock stands; *timed* false: the law gives it no time. Late from its very end."""
    done = {Standing.MET: found.met, Standing.WAIVED: waived, Standing.PARTIAL: partial}
    for name, at in done.items():
        if at is not None:
            return name
    if found.start is None and timed:
        return Standing.AHEAD
    if found.start is None or found.end is None:
        return Standing.UNTIMED
    if found.end <= now:
        return Standing.LATE
    near = found.end - lead(found.start, found.end) <= now
    return Standing.NEAR if near else Standing.RUNNING


def is_short(end: datetime, due: Duration | None, now: datetime) -> bool:
    """Tell whether less than 24 hours are left of a time of 24 hours or more: a legal one.

    What must be done within the hour is no deadline that comes near.
    """
    whole = due is not None and (due.months or due.days or due.seconds >= SHORT.total_seconds())
    return bool(whole) and end - now < SHORT
