"""One report of a case that holds several goes elsewhere: to a case of its own, or to another one.

Every report was filed into a case of its own, and what belongs to who filed it (codes, messages,
evidence, dates) stays there: it is that case that moves, so nothing of it is copied or lost.
"""

from datetime import datetime
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.kernel.errors import Invalid, NotFound
from incidents import kinds
from incidents.models import Incident, Report
from incidents.queries import hangs_under, visible_to
from incidents.services import merging
from incidents.services.loading import refuse_while_erasing, worked_case


@change
def move_report(
    *, incident: UUID, version: int, report: UUID, by: Person, into: UUID | None, now: datetime
) -> Incident:
    """Take *report* out of the case *incident*, which holds it; return the case it is in then.

    *into* None: the case in which it was filed, as it was before it was joined. When that is
    *incident* itself, the other reports leave it, and stay together under the oldest of theirs.
    Raises ``NotFound`` when the report is not there or a case is hidden from *by*, ``Invalid`` when
    it is alone there already.
    """
    holder = visible_to(by).filter(uuid=incident).first()
    row = Report.objects.filter(uuid=report, incident=holder).select_related("first_incident")
    moved = row.first() if holder else None
    if holder is None or moved is None:
        raise NotFound
    target = visible_to(by).filter(uuid=into).first() if into else None
    if into and target is None:
        raise NotFound
    merging.lock({*merging.family_of(holder), *([target.pk] if target else [])})
    holder = worked_case(by, incident, version)
    refuse_while_erasing(holder)
    own = moved.first_incident
    theirs = Incident.objects.filter(merged_into=own).order_by("opened_at", "pk")
    hidden = theirs.exclude(hangs_under(by, "pk"))
    if hidden.exists() or not visible_to(by).filter(pk=own.pk).exists():
        raise NotFound
    if into == holder.uuid or (own == holder and not theirs.exists() and into is None):
        raise Invalid(
            "Ce signalement est déjà seul dans son dossier.",
            fields={"into": "Donnez la référence d'un autre dossier."},
        )
    if own == holder:
        _let_go(list(theirs), by=by, now=now)
    else:
        for case in theirs:  # they stay: one report moves
            case.merged_into_id = own.merged_into_id
            case.store(now)
            record(kinds.EDITED, case, by=by, at=now, data={"fields": ["reports"]})
        merging.split(incident=own.uuid, version=own.version, by=by, now=now)
    own = Incident.objects.get(pk=own.pk)
    if into:
        own = merging.merge(incident=own.uuid, version=own.version, by=by, into=into, now=now)
    place = Incident.objects.get(uuid=into) if into else own
    data = {"reference": own.reference, "holder": holder.reference, "to": place.reference}
    told = {case.pk: case for case in (holder, place, own)}
    for case in told.values():
        record(kinds.REPORT_MOVED, case, by=by, at=now, data=data)
    return place


def _let_go(theirs: list[Incident], *, by: Person, now: datetime) -> None:
    """Bring these duplicates back, and keep them together under the oldest."""
    for case in theirs:
        merging.split(incident=case.uuid, version=case.version, by=by, now=now)
    if not theirs:
        return
    first, *rest = theirs
    for case in rest:
        version = Incident.objects.get(pk=case.pk).version
        merging.merge(incident=case.uuid, version=version, by=by, into=first.uuid, now=now)
