"""What the victim answers after sending, and the triage that follows from it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from csirt.accounts.principals import Person, Victim
from csirt.journal import change, record
from csirt.kernel.errors import Conflict
from incidents import kinds, queries
from incidents.domain.later import retriage
from incidents.domain.lifecycle import State
from incidents.models import Incident, LaterAnswer, Message, Report
from incidents.services.following import heard, own_and_standing, sent_once, write_as_victim
from incidents.services.loading import bundle_of, worked_case


@change
def answer_later(*, victim: Victim, answers: Mapping[str, object], now: datetime) -> None:
    """Keep answers to the questions left, and assess again; what says nothing new writes nothing.

    The desk finds the case on top, except while nobody has read it at all.
    """
    own, standing = own_and_standing(victim)
    fresh = _keep(own, victim, answers, now)
    if not fresh:
        return
    if standing.state != State.NEW:
        heard(standing, victim, now)
    _tell_answers(own, standing, victim, fresh, now)
    _assess_again(own, standing, victim, now)
    standing.store(now)


@change
def situation_changed(
    *,
    victim: Victim,
    token: str,
    worse: bool,
    text: str,
    answers: Mapping[str, object],
    now: datetime,
) -> None:
    """Note that things got better or worse, in words and answers, and assess again.

    The words are a message like any other, so the desk finds the case on top; the retry of *token*
    adds nothing. Raises ``Invalid`` for words that cannot be taken.
    """
    if Message.objects.filter(idempotency=sent_once(token, text)[1]).exists():
        return
    write_as_victim(victim=victim, token=token, text=text, now=now)
    own, standing = own_and_standing(victim)
    data = {"worse": worse}
    record(kinds.SITUATION_CHANGED, own, by=victim, at=now, data=data)
    if standing.pk != own.pk:
        record(kinds.SITUATION_CHANGED, standing, by=victim, at=now, data=data, audience="desk")
    fresh = _keep(own, victim, answers, now)
    if fresh:
        _tell_answers(own, standing, victim, fresh, now)
        _assess_again(own, standing, victim, now)
    standing.store(now)


@change
def settle_suggestion(
    *, incident: UUID, version: int, by: Person, follow: bool, now: datetime
) -> Incident:
    """Follow the priority that the rules suggest since the victim's later answers, or set it aside.

    Raises ``Conflict`` when nothing is suggested any more.
    """
    case = worked_case(by, incident, version)
    suggested = case.assessment.get("suggested")
    if not suggested:
        raise Conflict("Il n'y a plus rien à décider ici.", code="settled", state=case.state)
    data = {"priority": suggested["priority"], "followed": follow}
    record(kinds.SUGGESTION_SETTLED, case, by=by, at=now, data=data)
    if follow:
        kept = {name: value for name, value in suggested.items() if name != "priority"}
        case.priority_reason = ""
        _take(case, suggested["priority"], kept, by, now)
    else:
        case.assessment = _without_suggestion(case.assessment)
    case.store(now)
    return case


def _keep(own: Incident, victim: Victim, answers: Mapping[str, object], now: datetime) -> list[str]:
    """Write the answers that differ from what is known; return their questions."""
    known = queries.known_answers(own)
    fresh = {name: answer for name, answer in answers.items() if known.get(name) != answer}
    LaterAnswer.objects.bulk_create(
        LaterAnswer(incident=own, question=name, answer=answer, name=victim.name, given_at=now)
        for name, answer in fresh.items()
    )
    return sorted(fresh)


def _tell_answers(
    own: Incident, standing: Incident, victim: Victim, questions: list[str], now: datetime
) -> None:
    data = {"questions": questions}
    record(kinds.ANSWERED, own, by=victim, at=now, data=data)
    if standing.pk != own.pk:
        record(kinds.ANSWERED, standing, by=victim, at=now, data=data, audience="desk")


def _assess_again(own: Incident, standing: Incident, victim: Victim, now: datetime) -> None:
    """Change the priority by the rules; where an analyst has set it, only suggest."""
    report = Report.objects.filter(first_incident=own).order_by("filed_at", "pk").first()
    try:
        found = retriage(
            bundle_of(own),
            kept=own.assessment,
            kind=own.victim_kind,
            category=own.category,
            answers=report.answers if report else {},
            later=queries.later_answers(own),
            now=now,
        )
    except ValueError:  # the case was assessed by files that are gone
        return
    priority = found.assessment.priority
    if own.pk != standing.pk:
        if priority < standing.priority:
            _suggest(standing, priority, found.kept, victim, now)
        return
    if own.state in {State.NEW, State.TRIAGE} and not own.priority_reason:
        _take(standing, priority, found.kept, victim, now)
    else:
        _suggest(standing, priority, found.kept, victim, now)


def _take(
    case: Incident, priority: str, kept: dict[str, Any], by: Person | Victim, now: datetime
) -> None:
    before = (case.priority, case.assessment.get("rules"))
    previous, case.priority = case.priority, priority
    case.assessment = _without_suggestion(case.assessment) | kept
    case.danger = case.danger or "F2" in kept["rules"]
    if before != (priority, kept["rules"]):
        record(kinds.ASSESSED, case, by=by, at=now, data=_said(priority, kept, previous=previous))


def _suggest(
    case: Incident, priority: str, kept: dict[str, Any], victim: Victim, now: datetime
) -> None:
    before = case.assessment.get("suggested", {}).get("priority")
    case.assessment = _without_suggestion(case.assessment)
    case.danger = case.danger or "F2" in kept["rules"]
    if priority == case.priority:
        return
    case.assessment["suggested"] = kept | {"priority": priority}
    if before != priority:
        data = _said(priority, kept, current=case.priority)
        record(kinds.SUGGESTED, case, by=victim, at=now, data=data)


def _said(priority: str, kept: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"priority": priority, "score": kept["score"], "rules": kept["rules"], **more}


def _without_suggestion(assessment: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in assessment.items() if name != "suggested"}
