"""What a preview is made from, read in one go; its digest tells whether the case changed since."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.conf import settings

from api.models import Choices, Collection
from api.sharing import followed, rules
from api.sharing.choosing import Choice
from api.sharing.moments import milliseconds
from api.sharing.naming import Names, names_of, quotes
from api.sharing.reasons import LEFT_OUT
from api.stix.attack import attack
from api.stix.case import GATES, Case, Desk, Value
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
    others: tuple[tuple[str, str, str], ...]  # (type, value, role or reason) of what does not
    names: Names
    desk: Desk
    options: tuple[tuple[str, bool, bool], ...]  # of each collection that it is for
    quoted: bool  # the words to partners repeat the victim's own

    @property
    def digest(self) -> str:
        """Return the SHA-256 by which an approval knows that nothing changed."""
        return hashlib.sha256(canonical(asdict(self))).hexdigest()


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


def facts_of(case: Incident, collections: Iterable[Collection] = ()) -> Facts:
    """Read everything that a preview of *case* for *collections* depends on."""
    readers = sorted(collections, key=lambda found: found.pk)
    wants = wants_of(readers)
    category = reference.current().categories[case.category]
    chosen = Choices.objects.filter(incident=case).first() or Choices()
    known = attack().techniques
    techniques = tuple(known[ident] for ident in chosen.techniques if ident in known)
    values, others = [], []
    for row in case.observables.order_by("pk"):
        said = Choice.kept(row.type, chosen.values.get(str(row.uuid), {}))
        if row.role != ObservableRole.INDICATOR:
            others.append((row.type, row.value, row.role))
        elif not said.leaves:
            others.append((row.type, row.value, LEFT_OUT))
        else:
            values.append(
                Value(
                    uuid=str(row.uuid),
                    type=row.type,
                    value=row.value,
                    seen_at=milliseconds(row.seen_at),
                    confidence=said.confidence,
                    days=said.days,
                    technique=said.technique,
                    named=said.named,
                )
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
            values=tuple(values),
            techniques=techniques,
            note=chosen.note,
            courses=followed.courses(case) if "playbooks" in wants else (),
            details=followed.details(case) if "details" in wants else None,
        ),
        others=tuple(others),
        names=names_of(case),
        desk=Desk(settings.DESK_IDENTITY, settings.DESK_NAME, settings.DESK_EMAIL),
        quoted=quotes(case, chosen.note),
        options=tuple((str(found.uuid), found.playbooks, found.details) for found in readers),
    )


def wants_of(collections: Iterable[Collection]) -> set[str]:
    """Return the options that at least one of *collections* has."""
    return {gate for collection in collections for gate in GATES if getattr(collection, gate)}
