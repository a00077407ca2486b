"""Warnings of clocks: before their end and at it, each once, computed from what the clocks are.

The periodic loop calls this; a run that was missed loses nothing, the next one finds what is due.
"""

from datetime import datetime

from csirt.journal import change, record
from csirt.journal.change import Actor
from csirt.journal.epoch import SYSTEM
from incidents import kinds
from incidents.domain import deadlines
from incidents.models import Clock, Incident
from incidents.services.loading import bundle_of
from incidents.services.reassessing import assess_again

AT_ONCE = 200  # clocks of one run
FLAG = "horloge_courte"  # triage.yaml, rule F9


@change
def warn_due(*, now: datetime) -> int:
    """Journal the warnings that are due; return how many. Called by ``tend``.

    A clock that is over when it is first looked at is said to be over, and no more.
    """
    due = Clock.objects.filter(running=True, warn_at__lte=now)
    found = dict(due.order_by("warn_at", "pk").values_list("pk", "incident")[:AT_ONCE])
    locked = Incident.objects.select_for_update(skip_locked=True, no_key=True)
    cases = {case.pk: case for case in locked.filter(pk__in=found.values()).order_by("pk")}
    rows = list(due.filter(pk__in=found, incident__in=cases).order_by("pk"))
    for row in rows:
        _warn(row, cases[row.incident_id], now)
    return len(rows)


def _warn(row: Clock, case: Incident, now: datetime) -> None:
    assert row.ends_at is not None  # it runs
    over = row.ends_at <= now
    row.warn_at = None if over else row.ends_at
    row.save(update_fields=["warn_at"])
    ends = row.ends_at.isoformat(timespec="minutes")
    data = {"duty": row.duty, "step": row.step, "ends": ends}
    record(kinds.CLOCK_OVER if over else kinds.CLOCK_NEAR, case, by=SYSTEM, at=now, data=data)
    if row.law and heed(case, SYSTEM, now):
        case.store(now)


def heed(case: Incident, by: Actor, now: datetime) -> bool:
    """Raise or lower the flag that less than 24 hours are left of a legal time, and assess again.

    Returns whether it changed; the caller stores the case.
    """
    bundle, short = bundle_of(case), False
    for row in Clock.objects.filter(incident=case, law=True, running=True):
        act = deadlines.act(bundle, row.duty, row.step)
        if act and row.ends_at and deadlines.is_short(row.ends_at, act.due, now):
            short = True
    flags = set(case.assessment.get("flags", ()))
    if (FLAG in flags) == short:
        return False
    flags ^= {FLAG}
    case.assessment = case.assessment | {"flags": sorted(flags)}
    assess_again(case, case, by, now)
    return True
