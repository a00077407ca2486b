"""The triage of a case again, when more is known: what was answered, written, or confirmed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from csirt.accounts.principals import Victim
from csirt.journal import record
from csirt.journal.change import Actor
from csirt.reference.distress import flags_of
from incidents import kinds, queries
from incidents.domain import heard
from incidents.domain.later import Retriage, retriage
from incidents.domain.lifecycle import State
from incidents.models import Incident, Report
from incidents.services.loading import bundle_of


def listen(own: Incident, standing: Incident, victim: Victim, text: str, now: datetime) -> None:
    """Hear the distress words of what a victim wrote; the caller stores *standing*.

    What is sure counts at once, the rest waits for a person: on the victim's case, and on the one
    that the desk works on when it was merged.
    """
    groups = bundle_of(own).distress.heard(text)
    sure, unsure = flags_of(groups)
    raised = sure - set(own.assessment.get("flags", []))
    for case in {own.pk: own, standing.pk: standing}.values():
        case.assessment = heard.hear(case.assessment, sure, unsure)
    if own.pk != standing.pk and groups:
        own.store(now)
    if raised:
        assess_again(own, standing, victim, now)


def assess_again(own: Incident, standing: Incident, by: Actor, now: datetime) -> None:
    """Change the priority by the rules; where an analyst has set it, only suggest."""
    found = _found(own, now)
    if found is None:
        return
    priority = found.assessment.priority
    standing.danger = standing.danger or "F2" in found.kept["rules"]
    if own.pk != standing.pk:
        if priority < standing.priority:
            _suggest(standing, priority, found.kept, by, now)
        return
    if own.state in {State.NEW, State.TRIAGE} and not own.priority_reason:
        adopt(standing, priority, found.kept, by, now)
    else:
        _suggest(standing, priority, found.kept, by, now)


def endangered(case: Incident, now: datetime) -> bool:
    """Tell whether somebody may be in danger, by all that is known of this case alone."""
    found = _found(case, now)
    return case.danger if found is None else "F2" in found.kept["rules"]


def _found(own: Incident, now: datetime) -> Retriage | None:
    """Assess a case again; None when it was assessed by files that are gone."""
    report = Report.objects.filter(first_incident=own).order_by("filed_at", "pk").first()
    try:
        return retriage(
            bundle_of(own),
            kept=own.assessment,
            kind=own.victim_kind,
            category=own.category,
            answers=report.answers if report else {},
            later=queries.later_answers(own),
            now=now,
        )
    except ValueError:
        return None


def adopt(case: Incident, priority: str, kept: dict[str, Any], by: Actor, now: datetime) -> None:
    """Have the case bear a priority and what it was computed from."""
    before = (case.priority, case.assessment.get("rules"))
    previous, case.priority = case.priority, priority
    case.assessment = without_suggestion(case.assessment) | kept
    if before != (priority, kept["rules"]):
        record(kinds.ASSESSED, case, by=by, at=now, data=_said(priority, kept, previous=previous))


def _suggest(case: Incident, priority: str, kept: dict[str, Any], by: Actor, now: datetime) -> None:
    before = case.assessment.get("suggested", {}).get("priority")
    case.assessment = without_suggestion(case.assessment)
    if priority == case.priority:
        return
    case.assessment["suggested"] = kept | {"priority": priority}
    if before != priority:
        data = _said(priority, kept, current=case.priority)
        record(kinds.SUGGESTED, case, by=by, at=now, data=data)


def _said(priority: str, kept: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"priority": priority, "score": kept["score"], "rules": kept["rules"], **more}


def without_suggestion(assessment: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a case keeps when nothing is suggested any more."""
    return {name: value for name, value in assessment.items() if name != "suggested"}
