"""The right door: which services, of all there are, a report leads to. It is shown, and noted."""

from collections.abc import Collection
from datetime import datetime

from csirt.directory import reference
from csirt.reference.bundle import Bundle
from csirt.reference.hours import OpeningHours
from csirt.reference.intake import Route
from incidents.domain.questions import Filled, fill, routing
from incidents.models import Channel, Report

REGULATED = frozenset({"essentielle", "importante", "regulee"})  # traits: ANSSI's public


def noted(report: Report, now: datetime) -> dict[str, list[str]]:
    """Return what the confirmation shows to who filed by the form: ids of routes, and of services."""
    if report.channel != Channel.FORM:
        return {"doors": [], "services": []}
    bundle = reference.current()
    filled = fill(bundle, report.answers, now=now, text=report.text, stages=frozenset({"before"}))
    priority = report.incident.priority
    routes = shown(bundle, report, filled, priority=priority, now=now)
    kind = report.incident.victim_kind
    services = dict.fromkeys(name for route in routes for name in route.show_contacts)
    return {
        "doors": [route.id for route in routes],
        "services": [one for one in services if serves(bundle, one, kind, filled.traits)],
    }


def serves(bundle: Bundle, name: str, kind: str, traits: Collection[str] = ()) -> bool:
    """Tell whether a contact is for such a victim.

    Who serves no kind of victim, but a trait such as care, is: a rule chose them.
    """
    contact = bundle.contacts[name]
    wished = {kind, "tous"} | ({"entite_regulee"} if REGULATED & set(traits) else set())
    kinds = {one.id for one in bundle.intake.victim_kinds}
    served = set(contact.serves)
    return kind not in contact.not_serving and bool(wished & served or not kinds & served)


def shown(
    bundle: Bundle, report: Report, filled: Filled, *, priority: str, now: datetime
) -> tuple[Route, ...]:
    """Return the routes that the person who filed *report* is shown at that moment."""
    closed = not OpeningHours(bundle.service_hours).is_open(now)
    return routing(bundle, report.answers, filled, priority=priority, out_of_hours=closed)
