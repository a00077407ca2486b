"""Duplicates: the reports of one case hang under another, and come back when that was wrong."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.journal.change import Actor
from csirt.kernel.errors import Invalid, NotFound
from csirt.kernel.tlp import Tlp
from incidents import kinds
from incidents.models import Incident, IncidentAccess, Report
from incidents.queries import visible_to
from incidents.services.loading import refuse_while_erasing, worked_case


@change
def merge(*, incident: UUID, version: int, by: Person, into: UUID, now: datetime) -> Incident:
    """Hang the reports of a duplicate under *into*. Reversible by ``split``.

    The case that holds them bears the stricter TLP of the two from here on; raising withdraws at
    once what it shared. A split leaves it so: only a lead lowers a TLP. A duplicate that was never
    qualified has a TLP that nobody chose, which raises nothing: a wave would withdraw everything.
    Raises ``Invalid`` when *into* has ended, is the case itself, or would show the reports of a
    restricted case to people who are not named on it.
    """
    both = visible_to(by).filter(uuid__in=[incident, into])
    lock(both.values_list("pk", flat=True))
    case = worked_case(by, incident, version)
    other = visible_to(by).filter(uuid=into).first()
    if other is None:
        raise NotFound
    if case.restricted and not (other.restricted and named(other) <= named(case)):
        raise Invalid(
            "Ce dossier est à accès restreint : l'autre doit l'être aux mêmes personnes.",
            code="bad-target",
            fields={"into": "Restreignez d'abord l'accès de l'autre dossier."},
        )
    case.go("merge", into=other)
    case.store(now)
    moved = Report.objects.filter(incident=case).update(incident=other)
    old = Tlp(other.tlp)
    if case.tlp_was_chosen:
        other.tlp = max(Tlp(case.tlp), old)
    other.store(now)
    data = {"state": case.state, "into": other.reference, "reports": moved}
    record(kinds.MERGED, case, by=by, at=now, data=data)
    record(kinds.EDITED, other, by=by, at=now, data={"fields": ["reports"]})
    if other.tlp != old:
        record(kinds.TLP_RAISED, other, by=by, at=now, data={"old": old, "new": other.tlp})
    return case


@change
def split(*, incident: UUID, version: int, by: Person, now: datetime) -> Incident:
    """Undo a merge: the reports that came with the case hang under it again.

    They are its own and those of its own duplicates. Raises ``NotFound`` when the case that holds
    them now is hidden from *by*.
    """
    found = visible_to(by).filter(uuid=incident).first()
    if found is None:
        raise NotFound
    holder = holder_of(found)
    lock([found.pk, holder.pk])
    case = worked_case(by, incident, version)
    if case.merged_into_id is not None:
        holder = holder_of(case)
        if not visible_to(by).filter(pk=holder.pk).exists():
            raise NotFound
    refuse_while_erasing(case)
    separate(case, holder, by=by, now=now)
    holder = Incident.locked(holder.uuid)
    holder.store(now)
    record(kinds.EDITED, holder, by=by, at=now, data={"fields": ["reports"]})
    return case


def separate(case: Incident, holder: Incident, *, by: Actor, now: datetime) -> None:
    """Bring a duplicate back to where it was, its reports from *holder*; inside a change."""
    case.go("split")
    case.store(now)
    theirs = Report.objects.filter(incident=holder, first_incident__in=family_of(case))
    moved = theirs.update(incident=case)
    record(kinds.SPLIT, case, by=by, at=now, data={"state": case.state, "reports": moved})


def lock(keys: Iterable[int]) -> None:
    """Lock these incidents by primary key, the order that everybody keeps."""
    rows = Incident.objects.select_for_update(no_key=True).filter(pk__in=list(keys))
    list(rows.order_by("pk").values_list("pk", flat=True))


def named(case: Incident) -> set[int]:
    """Return the primary keys of the people named on a case."""
    return set(IncidentAccess.objects.filter(incident=case).values_list("user_id", flat=True))


def holder_of(case: Incident) -> Incident:
    """Return the case under which the reports of a duplicate hang now."""
    while case.merged_into is not None:
        case = case.merged_into
    return case


def family_of(case: Incident) -> set[int]:
    """Return the case and every case that hangs under it, however deep."""
    family = grown = {case.pk}
    while grown:
        rows = Incident.objects.filter(merged_into__in=grown).values_list("pk", flat=True)
        grown = set(rows) - family
        family = family | grown
    return family
