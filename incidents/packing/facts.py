"""What a pack says: what was declared, received, found and done; nothing internal, nobody else's.

It may be handed to the victim: no note, no colleague's name, no other case stands in it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from csirt.directory import reference
from csirt.kernel.text import defang_within
from csirt.reference.bundle import Bundle
from incidents import kinds, queries
from incidents.console import case as pages
from incidents.console import clock_words, timeline
from incidents.console.case import Answered
from incidents.domain.lifecycle import State
from incidents.domain.observables import ObservableType
from incidents.intake.places import labels_of, named
from incidents.models import (
    Clock,
    Evidence,
    Incident,
    LegalText,
    Observable,
    ObservableRole,
    Report,
)
from incidents.services import papers
from incidents.services.loading import bundle_of
from incidents.services.taken import taken

PARIS = ZoneInfo("Europe/Paris")
MOST_EVENTS = 2000
LETTER = "plainte"  # the paper that goes with it
LOSSES = (
    "travail",
    "services_mairie",
    "combien",
    "argent_parti",
    "date_paiement",
    "infos_gens",
    "copie",
)
RANSOM = {
    ObservableType.BTC, ObservableType.MONERO, ObservableType.ETH, ObservableType.FILE_EXTENSION,
    ObservableType.FILENAME,
}  # fmt: skip
_NOT_THEIRS = [ObservableRole.VICTIM, ObservableRole.FALSE_POSITIVE]
# What is told beside what the victim's page tells; and of that, what is between the victim and us.
_TOLD = [kinds.TAKEN.name, *(kind.name for kind in (
    kinds.EVIDENCE_SCANNED, kinds.EVIDENCE_DOWNLOADED, kinds.EVIDENCE_DAMAGED, kinds.CLOCK_MET,
    kinds.CLOCK_RESUMED,
))]  # fmt: skip
# Of these the timeline says more than concerns the police or an insurer.
_PLAIN = {
    kinds.FILED.name: "Signalement reçu.",
    kinds.QUALIFIED.name: "Un analyste a lu et qualifié le signalement.",
}
_OURS = ("code.", "consent.", "erasure.", "followup.", "pack.")


@dataclass(frozen=True)
class Moment:
    """A moment, in the time of Paris and in UTC."""

    at: datetime

    def __str__(self) -> str:
        local, utc = self.at.astimezone(PARIS), self.at.astimezone(UTC)
        other = "" if local.date() == utc.date() else f"{utc:%d/%m/%Y} "
        return f"{local:%d/%m/%Y %H:%M:%S} (Paris), {other}{utc:%H:%M:%S} UTC"


def of(case: Incident, now: datetime) -> dict[str, Any]:
    """Return the context of the pack of a case."""
    bundle, letters = bundle_of(case), papers.papers_of()
    reports = list(Report.objects.filter(first_incident=case).order_by("filed_at", "pk"))
    towns = labels_of([code for report in reports for code in named(report.answers.get("ou"))])
    answers = [one for report in reports for one in pages.answers(report, bundle, "fr", towns)]
    category = bundle.categories.get(case.category)
    observables = list(case.observables.exclude(role__in=_NOT_THEIRS).order_by("type", "value"))
    kept = LegalText.objects.filter(incident=case, paper=LETTER).first()
    letter = letters.get(LETTER)
    text = kept.text if kept else papers.filled(case, letter, now=now) if letter else ""
    return {
        "case": case,
        "desk": settings.DESK_NAME,
        "phone": settings.DESK_PHONE,
        "made": Moment(now),
        "category": category.label_fr if category else case.category,
        "state": State(case.state).label,
        "opened": Moment(case.opened_at),
        "knowledge": _knowledge(case),
        "reports": [_report(report, bundle, towns) for report in reports],
        "losses": _losses(bundle, answers),
        "evidence": [_evidence(row) for row in _files(case)],
        "observables": [_observable(row) for row in observables],
        "ransom": [_observable(row) for row in observables if row.type in RANSOM],
        "gestures": papers.done(case),
        "steps": [(Moment(one.at), one.text) for one in taken(case)],
        "clocks": _clocks(case, bundle),
        "events": _events(case),
        "letter": text,
        "warning": reference.current().paper_file.warning_fr,
    }


def _knowledge(case: Incident) -> str:
    """Say when the victim knew: of a guess its day alone, for the police read it as a fact."""
    if case.knowledge_at is None:
        return ""
    if case.knowledge_exact:
        return str(Moment(case.knowledge_at))
    return f"{case.knowledge_at.astimezone(PARIS):%d/%m/%Y}, jour et heure à confirmer"


def _report(report: Report, bundle: Bundle, towns: dict[str, str]) -> dict[str, Any]:
    return {
        "contact": [
            one for one in (report.contact_name, report.contact_phone, report.contact_email) if one
        ],
        "at": Moment(report.filed_at),
        "channel": report.get_channel_display(),
        "text": defang_within(report.text),
        "answers": pages.answers(report, bundle, "fr", towns),
    }


def _losses(bundle: Bundle, answers: list[Answered]) -> list[Answered]:
    wanted = {bundle.questions[name].fr for name in LOSSES if name in bundle.questions}
    return [one for one in answers if one.label in wanted]


def _files(case: Incident) -> list[Evidence]:
    """Return the files of this case alone: those of a duplicate are somebody else's."""
    return list(case.evidence.order_by("received_at", "pk"))


def _evidence(row: Evidence) -> dict[str, Any]:
    lines = timeline.lines(queries.custody(row), {})
    return {
        "row": row,
        "at": Moment(row.received_at),
        "scan": row.get_scan_display(),
        "custody": [(Moment(line.at), line.text) for line in lines],
    }


def _observable(row: Observable) -> dict[str, str]:
    return {
        "type": ObservableType(row.type).label if row.type in set(ObservableType) else row.type,
        "value": row.shown,
        "role": row.get_role_display(),
        "seen": f"{row.seen_at.astimezone(PARIS):%d/%m/%Y %H:%M}",
    }


def _clocks(case: Incident, bundle: Bundle) -> list[dict[str, Any]]:
    """Return what the law asked for and was done, with its proof."""
    rows = Clock.objects.filter(incident=case, law=True, met_at__isnull=False).order_by("met_at")
    return [
        {
            "title": clock_words.title_of(bundle, row.duty, row.step),
            "at": Moment(row.met_at),
            "how": defang_within(row.met_how),
        }
        for row in rows
        if row.met_at
    ]


def _events(case: Incident) -> list[tuple[Moment, str]]:
    ours = Q()
    for prefix in _OURS:
        ours |= Q(kind__startswith=prefix)
    events = queries.lasting(case).filter(Q(audience="victim") | Q(kind__in=_TOLD))
    told = list(events.exclude(ours)[:MOST_EVENTS])
    lines = timeline.lines(told, {})
    return [
        (Moment(event.at), _PLAIN.get(event.kind, line.text))
        for event, line in zip(told, lines, strict=True)
    ]
