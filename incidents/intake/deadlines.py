"""The legal clocks that may run for a victim: what, until when. Said as advice, not as law.

The panel of the confirmation page; an app that knows more registers its own under the same name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from csirt.accounts.principals import Principal
from csirt.directory import reference
from csirt.kernel.clock import now as read_clock
from csirt.reference.bundle import Bundle
from incidents.domain.clocks import earliest, ends
from incidents.domain.duties import evaluate
from incidents.domain.environment import environment
from incidents.domain.questions import fill, knowledge
from incidents.intake.calendar import spoken
from incidents.intake.sending import BEFORE
from incidents.models import Incident, Report

# The duties in a victim's words: what to do. Those that are not named here stay with the desk.
TASKS = {
    "cnil-art33-72h": _("Prévenir la CNIL, si des données de gens sont touchées."),
    "plainte-assurance-72h": _("Porter plainte, pour garder l'assurance."),
    "nis2-art23": _("Prévenir l'ANSSI, si la loi NIS 2 vous concerne."),
    "plainte-vol": _("Déclarer le vol à votre assurance, après une plainte."),
}
AT_ONCE = {
    "mineur-signalement": _("Appeler le 3018 : une personne de moins de 18 ans est visée."),
    "banque-rappel-immediat": _("Appeler votre banque, pour bloquer l'argent."),
    "sante-signalement": _("Prévenir le CERT Santé."),
    "sous-traitant-alerte": _("Prévenir ceux dont vous gérez les données."),
}
FOR_TOWNS = {"banque-rappel-immediat": _("Appeler votre comptable public, pour bloquer l'argent.")}
# Whom such a duty leads to.
DOORS = {
    "cnil-art33-72h": "cnil",
    "sante-signalement": "certsante",
    "pharos": "pharos",
    "thesee": "thesee",
    "perceval": "perceval",
}
TOWNS = {"commune", "epci"}


@dataclass(frozen=True)
class Deadline:
    """One clock. ``before`` is empty when the hour is not known; ``sure``: it applies."""

    task: Any
    before: str
    late: bool
    sure: bool


@dataclass(frozen=True)
class Clocks:
    """What may have to be done, and whom it leads to. ``ask``: from which moment is not known."""

    at_once: tuple[Any, ...]
    deadlines: tuple[Deadline, ...]
    doors: tuple[str, ...]
    ask: bool


def clocks(bundle: Bundle, case: Incident, report: Report, now: datetime) -> Clocks:
    """Return the clocks of a report as it was filed, counted from the earliest moment it allows."""
    duties = evaluate(bundle, *_known(bundle, case, report))
    open_ = [duty for duty in duties.values() if duty.state != "no"]
    start = _start(bundle, case, report)
    town = case.victim_kind in TOWNS
    deadlines = []
    for duty in open_:
        if duty.id not in TASKS:
            continue
        over = ends(bundle, bundle.duties[duty.id], start) if start else None
        said = spoken(over, now) if over else ""
        deadlines.append(
            Deadline(TASKS[duty.id], said, over is not None and over <= now, duty.applies)
        )
    deadlines.sort(key=lambda one: not one.sure)
    tasks = {**AT_ONCE, **(FOR_TOWNS if town else {})}
    return Clocks(
        at_once=tuple(tasks[duty.id] for duty in open_ if duty.applies and duty.id in tasks),
        deadlines=tuple(deadlines),
        doors=tuple(DOORS[duty.id] for duty in open_ if duty.id in DOORS),
        ask=bool(deadlines) and start is None,
    )


def panel(request: HttpRequest, case: Incident, _principal: Principal) -> str:
    """Draw the clocks of a case that was just filed."""
    report = case.reports.order_by("filed_at").first()
    if report is None:
        return ""
    found = clocks(reference.current(), case, report, read_clock())
    return render_to_string("intake/deadlines.html", {"clocks": found}, request)


def _known(
    bundle: Bundle, case: Incident, report: Report
) -> tuple[Mapping[str, object], frozenset[str]]:
    kept = case.assessment
    answers = {"kind": case.victim_kind, **report.answers}
    filled = fill(bundle, answers, now=report.filed_at, text=report.text, stages=BEFORE)
    env = environment(
        bundle,
        kind=case.victim_kind,
        category=case.category,
        inputs=kept.get("inputs", {}) or filled.inputs,
        answers=answers,
        traits=kept.get("traits", ()),
        priority=case.priority,
        nis2_in_force=settings.NIS2_FR_IN_FORCE,
    )
    return env, frozenset(kept.get("flags", ())) | filled.flags


def _start(bundle: Bundle, case: Incident, report: Report) -> datetime | None:
    """Return where the clocks begin: a moment that was told since, else what the answer allows."""
    told = knowledge(bundle, report.answers, filed_at=report.filed_at)
    if case.knowledge_at is not None and case.knowledge_at != told.at:
        return case.knowledge_at
    return earliest(report.answers, filed_at=report.filed_at)
