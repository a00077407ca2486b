"""The legal clocks that may run for a victim: what, until when. Said as advice, not as law.

A panel of the confirmation and of the follow-up page; an app that knows more registers its own under
the same name.
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
from incidents import queries
from incidents.domain.clocks import ends
from incidents.domain.duties import evaluate
from incidents.domain.environment import environment
from incidents.domain.questions import fill
from incidents.intake import moment
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
Answers = Mapping[str, object]
_NOTHING: Answers = {}


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


def clocks(
    bundle: Bundle, case: Incident, report: Report, now: datetime, later: Answers = _NOTHING
) -> Clocks:
    """Return the clocks of a report, counted from the earliest moment that its answers allow.

    *later*: what was answered after sending.
    """
    answers = {"kind": case.victim_kind, **report.answers, **later}
    duties = evaluate(bundle, *_known(bundle, case, report, answers))
    open_ = [duty for duty in duties.values() if duty.state != "no"]
    start = queries.begun(case, answers)
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
    return _draw(request, case)


def followed(request: HttpRequest, case: Incident, _principal: Principal) -> str:
    """Draw the clocks on the follow-up page, where the moment they begin at can be told."""
    return _draw(request, case, told=True)


def _draw(request: HttpRequest, case: Incident, *, told: bool = False) -> str:
    # Its own: what hangs under a case since it was joined is somebody else's.
    report = Report.objects.filter(first_incident=case).order_by("filed_at", "pk").first()
    if report is None:
        return ""
    later = queries.later_answers(case) if told else {}
    found = clocks(reference.current(), case, report, read_clock(), later)
    context: dict[str, object] = {"case": case, "clocks": found, "exact": case.knowledge_exact}
    if told and found.deadlines and not case.knowledge_exact:
        context["field"] = moment.field(case.victim_kind)
    return render_to_string("intake/deadlines.html", context, request)


def _known(
    bundle: Bundle, case: Incident, report: Report, answers: Answers
) -> tuple[Mapping[str, object], frozenset[str]]:
    kept = case.assessment
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
