"""What a preview is made from, read in one go; its digest tells whether the case changed since."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from django.conf import settings

from api.sharing import rules
from api.sharing.naming import Names, names_of
from api.stix.case import Case, Desk, Value
from csirt.directory import reference
from csirt.kernel.chain import canonical
from csirt.kernel.errors import Conflict, NotAllowed
from csirt.kernel.tlp import Tlp
from incidents.domain.lifecycle import State
from incidents.models import About, Incident, Kind, ObservableRole
from incidents.queries import refused


@dataclass(frozen=True)
class Facts:
    """A case as sharing sees it: what may leave, what may not, and what names the victim."""

    case: Case  # every value judged an indicator
    others: tuple[tuple[str, str, str], ...]  # (type, value, role) of what was not
    names: Names
    desk: Desk

    @property
    def digest(self) -> str:
        """Return the SHA-256 by which an approval knows that nothing changed."""
        return hashlib.sha256(canonical(asdict(self))).hexdigest()


def milliseconds(moment: datetime) -> str:
    """Write a moment as STIX has it here: RFC 3339, UTC, whole milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"


def refuse_unless_releasable(case: Incident) -> None:
    """Raise when nothing of *case* may leave, whoever asks."""
    if case.restricted:
        raise NotAllowed("Ce dossier est à accès restreint : rien n'en est diffusé.")
    if case.tlp == Tlp.RED:
        raise NotAllowed("Ce dossier est TLP:RED : rien n'en est diffusé.")
    if refused(case, About.SHARING):
        raise NotAllowed("La victime n'est pas d'accord pour partager : rien n'est diffusé.")
    if case.state not in rules.RELEASABLE:
        raise Conflict(
            "Qualifiez d'abord le dossier : on ne diffuse que ce qui a été compris.",
            code="wrong-state",
            state=case.state,
        )


def facts_of(case: Incident) -> Facts:
    """Read everything that a preview of *case* depends on."""
    category = reference.current().categories[case.category]
    rows = list(case.observables.order_by("pk"))
    values = tuple(
        Value(str(row.uuid), row.type, row.value, milliseconds(row.seen_at))
        for row in rows
        if row.role == ObservableRole.INDICATOR
    )
    return Facts(
        case=Case(
            reference=case.reference,
            category=case.category,
            label=category.label_fr,
            rsit=tuple(category.rsit),
            confirmed=case.kind == Kind.INCIDENT,
            closed=case.state == State.CLOSED,
            priority=case.priority,
            tlp=case.tlp,
            pap=case.pap,
            victim_kind=case.victim_kind,
            traits=tuple(sorted(case.assessment.get("traits", []))),
            values=values,
        ),
        others=tuple(
            (row.type, row.value, row.role) for row in rows if row.role != ObservableRole.INDICATOR
        ),
        names=names_of(case),
        desk=Desk(settings.DESK_IDENTITY, settings.DESK_NAME, settings.DESK_EMAIL),
    )
