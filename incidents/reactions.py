"""What follows a filed report: extraction, waves. A consumer of the journal, off the request."""

from datetime import datetime, timedelta

from csirt.directory import reference
from csirt.journal import consumers, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Event
from csirt.kernel.clock import now as read_clock
from incidents import kinds
from incidents.domain.lifecycle import State
from incidents.domain.observables import extract
from incidents.domain.triage import assess
from incidents.models import Incident, Observable, ObservableRole, Report
from incidents.services.harmless import joins_nobody
from incidents.services.observing import keep, own_values, value_digest
from incidents.services.reassessing import assess_again

NAME = "incidents.reactions"
WINDOW = timedelta(days=1)  # reference/triage.yaml, caller_facts.campagne
FEWEST = 3
MOST = 50  # other cases looked at for one report
_NOT_SHARED = [ObservableRole.VICTIM, ObservableRole.FALSE_POSITIVE]


def register() -> None:
    """Read filed reports; called when the app is ready."""
    consumers.register(NAME, react, kinds=[kinds.FILED.name])


def react(event: Event) -> None:
    """Extract observables from the report and raise the cases of the wave it belongs to."""
    report = Report.objects.select_related("incident").get(uuid=event.data["report"])
    found = extract(report.text, own=own_values(report.incident))
    if not found:
        return
    now = read_clock()
    digests = [value_digest(i.type, i.value) for i in found if not joins_nobody(i.type, i.value)]
    cases = _locked_together(report.incident_id, digests, event.at)
    case = cases.pop(report.incident_id)
    if case.erased_at is not None:
        return
    # No new version: who acts on the case a second after it was filed contradicts nobody.
    keep(case, [(i.type, i.value, i.as_written) for i in found], by=SYSTEM, now=now)
    waves = [digest for digest in digests if _is_wave(digest, event.at)]
    if not waves:
        return
    reassess(case, now)
    for other in cases.values():
        if other.observables.filter(value_digest__in=waves).exclude(role__in=_NOT_SHARED).exists():
            reassess(other, now)


def _sharing(digests: list[str], at: datetime) -> list[int]:
    rows = Observable.objects.filter(
        value_digest__in=digests, incident__opened_at__range=(at - WINDOW, at + WINDOW)
    ).exclude(role__in=_NOT_SHARED)
    return list(rows.values_list("incident", flat=True).distinct()[:MOST])


def _locked_together(mine: int, digests: list[str], at: datetime) -> dict[int, Incident]:
    """The report's case and those that share a value with it, locked by primary key."""
    wanted = {mine, *_sharing(digests, at)}
    rows = Incident.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    return {row.pk: row for row in rows}


def _is_wave(digest: str, at: datetime) -> bool:
    return len(_sharing([digest], at)) >= FEWEST


def reassess(case: Incident, now: datetime) -> None:
    """Apply the wave rule to a case, unless somebody has already qualified it.

    Where an analyst has set the priority, it only suggests.
    """
    kept = case.assessment
    if case.state not in {State.NEW, State.TRIAGE} or "campagne" in kept.get("flags", []):
        return
    flags = [*kept.get("flags", []), "campagne"]
    if case.priority_reason:
        case.assessment = kept | {"flags": sorted(flags)}
        assess_again(case, case, SYSTEM, now)
        case.store(now)
        return
    first = case.reports.order_by("filed_at", "pk").first()
    assessment = assess(
        reference.begun_with(case.reference_version_id),
        inputs=kept["inputs"],
        flags=flags,
        category=case.category,
        kind=case.victim_kind,
        traits=kept.get("traits", []),
        asked=kept.get("asked"),
        answers=first.answers if first else None,
    )
    previous, case.priority = case.priority, assessment.priority
    rules = list(assessment.fired)
    case.assessment = kept | {
        "flags": sorted(flags),
        "score": assessment.score,
        "computed": assessment.computed,
        "rules": rules,
    }
    case.store(now)
    data = {
        "priority": case.priority,
        "previous": previous,
        "score": assessment.score,
        "rules": rules,
    }
    record(kinds.ASSESSED, case, by=SYSTEM, at=now, data=data)
