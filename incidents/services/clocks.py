"""The clocks of a case: computed again from it inside every change that may move them.

What people do about them is in ``clock_acts``; warnings are in ``clock_warnings``. A report is never
refused because a clock cannot be computed: ``catch_up`` finds such a case later.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef

from csirt.journal import change, withdraws
from csirt.reference.bundle import Bundle
from incidents import kinds, queries
from incidents.domain import deadlines
from incidents.domain.attention import DAY, Attention
from incidents.domain.deadlines import NOTIFICATION, Key, Span, Target
from incidents.domain.duties import Duty, evaluate, known
from incidents.domain.lifecycle import TERMINAL
from incidents.models import IS_LIVE, Channel, Clock, Incident, Report, Verdict
from incidents.services.loading import bundle_of

log = structlog.get_logger()

AT_ONCE = 100  # cases of one run
MOVING = (
    kinds.QUALIFIED, kinds.WAITED, kinds.RESUMED, kinds.CONTAINED, kinds.RESOLVED, kinds.CLOSED,
    kinds.REOPENED, kinds.REDIRECTED, kinds.REJECTED, kinds.MERGED, kinds.SPLIT, kinds.UNDONE,
    kinds.EDITED, kinds.ASSESSED, kinds.PRIORITISED, kinds.WORDS_SETTLED, kinds.ANSWERED, kinds.MOMENT_TOLD,
    kinds.DESK_WROTE, kinds.CODE_REISSUED,
)  # fmt: skip
"""The events after which a clock may stand elsewhere. Filing, and acts on a clock, see to it themselves."""
_NOWHERE = Span(None, None)
_COMPUTED = ("verdict", "running", "started_at", "ends_at", "met_at", "warn_at")


def opening(report: Report) -> list[Clock]:
    """Return the clocks of a report about to be filed, unsaved; its case learns when the first ends.

    Reads nothing and never raises.
    """
    case = report.incident
    try:
        answers = {"kind": case.victim_kind, **report.answers}
        rows = _compute(case, report, answers, {}, answered=_answered_at(case, report, ()))
    except Exception as error:
        log.exception("clocks.failed", error=type(error).__name__)
        return []
    case.next_due = _next(rows)
    return rows


@withdraws(*MOVING)
def follow(obj: models.Model, at: datetime) -> None:
    """Compute the clocks of the case again, in the change that moves them."""
    key: int | None = getattr(obj, "incident_id", None)
    case = Incident.objects.select_related("organisation").filter(pk=key or 0).first()
    if case is None or case.erased_at is not None:
        return
    try:
        with transaction.atomic():
            refresh(case, at)
    except Exception as error:
        log.exception("clocks.failed", error=type(error).__name__)


def refresh(case: Incident, now: datetime) -> None:
    """Make the rows of a locked case what they should be.

    Inside a change. What somebody did stays; the moment of a qualification is *now* when it was not
    known before.
    """
    report = Report.objects.filter(first_incident=case).order_by("filed_at", "pk").first()
    if report is None:
        return
    before = {(row.law, row.duty, row.step): row for row in Clock.objects.filter(incident=case)}
    seen = {key: [getattr(row, name) for name in _COMPUTED] for key, row in before.items()}
    answers = {"kind": case.victim_kind, **report.answers, **queries.later_answers(case)}
    news = [at for at in (*_messages(case), *_calls(case)) if at is not None]
    rows = _compute(
        case, report, answers, before, answered=_answered_at(case, report, news),
        news=max(news, default=None), now=now,
    )  # fmt: skip
    kept = {(row.law, row.duty, row.step) for row in rows}
    for key, row in before.items():
        if key in kept:
            continue
        if row.touched and row.law:
            rows.append(_placed(row, _NOWHERE, verdict=Verdict.NO))
        else:
            row.delete()
    Clock.objects.bulk_create([row for row in rows if row.pk is None])
    moved = [
        row
        for row in rows
        if row.pk is not None
        and (row.law, row.duty, row.step) in seen
        and seen[row.law, row.duty, row.step] != [getattr(row, name) for name in _COMPUTED]
    ]
    for row in moved:
        row.save(update_fields=_COMPUTED)
    due = _next(rows)
    if due != case.next_due:
        case.next_due = due
        case.attend(now)
        Incident.objects.filter(pk=case.pk).update(next_due=due, attention=case.attention)


@change
def catch_up(*, now: datetime) -> int:
    """Give live cases without any clock theirs; return how many. Called by ``tend``.

    Those are cases of before there were clocks, and those whose clocks could not be computed.
    """
    bare = Incident.objects.filter(IS_LIVE, ~Exists(Clock.objects.filter(incident=OuterRef("pk"))))
    locked = bare.select_for_update(skip_locked=True, no_key=True)
    found = list(locked.order_by("-pk")[:AT_ONCE])
    for case in found:
        refresh(case, now)
    return len(found)


def bring_up(*, now: datetime) -> int:
    """Put the live cases whose clock came within a day where they belong; return how many.

    Called by ``tend``. No event and no new version: nobody did anything, and a console knows by
    itself what the hour makes of the clock that it shows.
    """
    near = Incident.objects.filter(IS_LIVE, next_due__lte=now + DAY, attention=Attention.NONE)
    return near.update(attention=Attention.CLOCK)


def verdicts(case: Incident, bundle: Bundle, report: Report, answers: Any) -> dict[str, Duty]:
    """Judge every duty of a case, by what is known of it now."""
    known_traits = case.organisation.traits if case.organisation else ()
    env, flags = known(
        bundle,
        kind=case.victim_kind,
        category=case.category,
        kept=case.assessment,
        answers=answers,
        text=report.text,
        filed_at=report.filed_at,
        traits=known_traits,
        priority=case.priority,
        nis2_in_force=settings.NIS2_FR_IN_FORCE,
    )
    return evaluate(bundle, env, flags)


def _compute(
    case: Incident,
    report: Report,
    answers: dict[str, object],
    before: dict[tuple[bool, str, str], Clock],
    *,
    answered: datetime | None,
    news: datetime | None = None,
    now: datetime | None = None,
) -> list[Clock]:
    bundle = bundle_of(case)
    duties = verdicts(case, bundle, report, answers)
    live = case.state not in TERMINAL
    rows = []
    knowledge = queries.begun(case, answers) or case.knowledge_at
    for rule in bundle.duties.values():
        done = before.get((True, rule.id, NOTIFICATION))
        for key, one in deadlines.acts(rule).items():
            row = before.get((True, *key)) or _new(case, key)
            verdict = Verdict.APPLIES if row.own_start_at else Verdict(duties[rule.id].state)
            span = deadlines.span(
                bundle, one, knowledge=knowledge, own=row.own_start_at,
                submitted=done.met_at if done else None,
            )  # fmt: skip
            if verdict == Verdict.APPLIES:
                rows.append(_placed(row, span, live=live))
            elif verdict == Verdict.UNKNOWN:
                rows.append(_placed(row, _NOWHERE, verdict=verdict))
    old = before.get((False, Target.QUALIFICATION, ""))
    qualified = (old.met_at if old and old.met_at else now) if case.kind else None
    wanted = deadlines.targets(
        bundle, case.priority, state=case.state, filed_at=case.opened_at, answered_at=answered,
        qualified_at=qualified, news_at=news,
    )  # fmt: skip
    for target, span in wanted.items():
        row = before.get((False, target, "")) or _new(case, (target, ""), law=False)
        if not row.met_how:  # else somebody said so
            row.met_at = span.met
        rows.append(_placed(row, span, live=live))
    return rows


def _new(case: Incident, key: Key, *, law: bool = True) -> Clock:
    return Clock(incident=case, duty=key[0], step=key[1], law=law)


def _placed(
    row: Clock, span: Span, *, live: bool = False, verdict: Verdict = Verdict.APPLIES
) -> Clock:
    if row.ends_at != span.end:
        row.warn_at = None
        if span.start and span.end:
            row.warn_at = span.end - deadlines.lead(span.start, span.end)
    row.started_at, row.ends_at, row.verdict = span.start, span.end, verdict
    done = row.met_at or row.waived_at or row.partial_at
    row.running = live and span.end is not None and not done
    return row


def _next(rows: Iterable[Clock]) -> datetime | None:
    return min(
        (row.ends_at for row in rows if row.law and row.running and row.ends_at), default=None
    )


def _messages(case: Incident) -> tuple[datetime | None, datetime | None]:
    """Return when somebody of the desk first and last wrote to the victim."""
    ours = case.messages.filter(author__isnull=False)
    found = ours.aggregate(first=models.Min("written_at"), last=models.Max("written_at"))
    return found["first"], found["last"]


def _calls(case: Incident) -> tuple[datetime | None, datetime | None]:
    found = case.call_backs.aggregate(first=models.Min("called_at"), last=models.Max("called_at"))
    return found["first"], found["last"]


def _answered_at(case: Incident, report: Report, news: Iterable[datetime]) -> datetime | None:
    """Return when a human first answered: at once for who was on the phone."""
    if report.channel == Channel.PHONE:
        return case.opened_at
    return min(news, default=None)
