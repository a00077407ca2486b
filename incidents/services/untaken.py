"""A P1 that nobody takes: after a quarter of an hour the leads hear of it, once."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef

from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Event
from incidents import kinds, kinds_team
from incidents.domain.lifecycle import State
from incidents.models import IS_LIVE, Incident, Priority

MOST = 50  # cases a turn


@change
def escalate_due(*, now: datetime) -> int:
    """Say of each P1 that has waited for too long that nobody took it; returns how many.

    The time counts from when it became a P1. Called by ``tend``.
    """
    waits = timedelta(minutes=settings.P1_UNTAKEN_MINUTES)
    told = Event.objects.filter(incident=OuterRef("pk"), kind=kinds_team.UNTAKEN.name)
    due = (
        Incident.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(
            IS_LIVE, ~Exists(told), priority=Priority.P1, state=State.NEW, assignee=None,
            opened_at__lte=now - waits,
        )
        .order_by("pk")[:MOST]
    )  # fmt: skip
    count = 0
    for case in due:
        if _since(case) > now - waits:
            continue
        minutes = settings.P1_UNTAKEN_MINUTES
        record(kinds_team.UNTAKEN, case, by=SYSTEM, at=now, data={"minutes": minutes})
        count += 1
    return count


def _since(case: Incident) -> datetime:
    """Return when the case became a P1."""
    raised = Event.objects.filter(
        incident=case.pk,
        kind__in=[kinds.ASSESSED.name, kinds.PRIORITISED.name],
        data__priority=Priority.P1,
    ).exclude(data__previous=Priority.P1)
    at = raised.order_by("-seq").values_list("at", flat=True).first()
    return max(at, case.opened_at) if at else case.opened_at
