"""The right door: which services, of all there are, a report leads to. It is shown, and noted."""

from datetime import datetime

from csirt.directory import reference
from csirt.reference.bundle import Bundle
from csirt.reference.hours import OpeningHours
from csirt.reference.intake import Route
from incidents.domain.questions import Filled, fill, routing
from incidents.models import Channel, Report

REGULATED = frozenset({"essentielle", "importante", "regulee"})  # traits: ANSSI's public


def noted(report: Report, now: datetime) -> list[str]:
    """Return the ids of the routes that the confirmation shows to who filed by the form."""
    if report.channel != Channel.FORM:
        return []
    bundle = reference.current()
    filled = fill(bundle, report.answers, now=now, text=report.text, stages=frozenset({"before"}))
    priority = report.incident.priority
    return [route.id for route in shown(bundle, report, filled, priority=priority, now=now)]


def shown(
    bundle: Bundle, report: Report, filled: Filled, *, priority: str, now: datetime
) -> tuple[Route, ...]:
    """Return the routes that the person who filed *report* is shown at that moment."""
    closed = not OpeningHours(bundle.service_hours).is_open(now)
    return routing(bundle, report.answers, filled, priority=priority, out_of_hours=closed)
