"""Which cases are related: a consumer of the journal, off the request."""

from collections.abc import Collection, Mapping

from csirt.journal import consumers
from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents import kinds
from incidents.models import Incident, Reason, Report
from incidents.services import relating

NAME = "incidents.relations"
_ALL = tuple(Reason)
# What each event may have changed, as far as relations go.
_BY_KIND: Mapping[str, Collection[Reason]] = {
    kinds.FILED.name: (Reason.TEXT, Reason.ORGANISATION, Reason.PLACE),
    kinds.OBSERVED.name: (Reason.OBSERVABLE,),
    kinds.JUDGED.name: (Reason.OBSERVABLE,),
    kinds.QUALIFIED.name: (Reason.PLACE,),
    kinds.EDITED.name: (),
    kinds.MERGED.name: _ALL,
    kinds.SPLIT.name: _ALL,
    kinds.ERASED.name: (),
}
_BY_FIELD: Mapping[str, Collection[Reason]] = {
    "organisation": (Reason.ORGANISATION, Reason.PLACE),
    "commune": (Reason.ORGANISATION, Reason.PLACE),
    "reports": _ALL,
}


def register() -> None:
    """Read what may make cases alike; called when the app is ready."""
    consumers.register(NAME, react, kinds=list(_BY_KIND))


def react(event: Event) -> None:
    """Find again what relates the case that the event is about."""
    if event.incident is None:
        return
    if event.kind == kinds.ERASED.name:
        relating.forget(Incident.objects.get(pk=event.incident))
        return
    if event.kind == kinds.FILED.name:
        relating.keep_bands(report=Report.objects.get(uuid=event.data["report"]))
    fields = event.data.get("fields", [])
    reasons = {*_BY_KIND[event.kind], *(one for name in fields for one in _BY_FIELD.get(name, ()))}
    relating.relate(incident=event.incident, reasons=reasons, now=now())
