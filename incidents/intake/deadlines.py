"""The legal clocks that may run for a victim: what, until when. Said as advice, not as law.

A panel of the confirmation and of the follow-up page; an app that knows more registers its own under
the same name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from csirt.accounts.principals import Principal
from csirt.kernel.clock import now as read_clock
from csirt.reference.bundle import Bundle
from incidents import queries
from incidents.domain.clocks import ends
from incidents.intake import moment
from incidents.intake.calendar import spoken
from incidents.models import Clock, Incident, Report
from incidents.services.clocks import verdicts
from incidents.services.loading import bundle_of

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
    done: bool = False


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

    *later*: what was answered after sending. What the desk knows of a clock counts before that: done,
    set aside, or with a start of its own.
    """
    answers = {"kind": case.victim_kind, **report.answers, **later}
    rows = _rows(case)
    aside = {row.duty for row in rows.values() if row.waived_at}
    duties = verdicts(case, bundle, report, answers)
    started = {row.duty for row in rows.values() if row.own_start_at}
    open_ = [
        replace(duty, state="applies") if duty.id in started else duty
        for duty in duties.values()
        if (duty.state != "no" or duty.id in started) and duty.id not in aside
    ]
    start = queries.begun(case, answers)
    town = case.victim_kind in TOWNS
    deadlines = []
    for duty in open_:
        if duty.id not in TASKS:
            continue
        row = rows.get(duty.id)
        if row and row.own_start_at:
            over = row.ends_at
        else:
            over = ends(bundle, bundle.duties[duty.id], start) if start else None
        said = spoken(over, now) if over else ""
        done = bool(row and (row.met_at or row.partial_at))
        late = over is not None and over <= now and not done
        deadlines.append(Deadline(TASKS[duty.id], said, late, duty.applies, done))
    deadlines.sort(key=lambda one: (one.done, not one.sure))
    tasks = {**AT_ONCE, **(FOR_TOWNS if town else {})}
    met = {row.duty for row in rows.values() if row.met_at}
    return Clocks(
        at_once=tuple(
            tasks[duty.id]
            for duty in open_
            if duty.applies and duty.id in tasks and duty.id not in met
        ),
        deadlines=tuple(deadlines),
        doors=tuple(DOORS[duty.id] for duty in open_ if duty.id in DOORS),
        ask=any(not one.done for one in deadlines) and start is None,
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
    found = clocks(bundle_of(case), case, report, read_clock(), later)
    context: dict[str, object] = {"case": case, "clocks": found, "exact": case.knowledge_exact}
    if told and found.deadlines and not case.knowledge_exact:
        context["field"] = moment.field(case.victim_kind)
    return render_to_string("intake/deadlines.html", context, request)


def _rows(case: Incident) -> dict[str, Clock]:
    """Return the clock of each duty that the desk knows; of several acts, the first still to do."""
    found: dict[str, Clock] = {}
    for row in Clock.objects.filter(incident=case, law=True).order_by("pk"):
        known = found.get(row.duty)
        if known is None or (known.met_at and not row.met_at and row.ends_at):
            found[row.duty] = row
    return found
