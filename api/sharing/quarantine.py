"""What partners sent, in quarantine: an analyst puts it into a case, or refuses it.

Into a case go values that were only seen, under the partner's name, and one note; nothing that the
case holds is changed, and its TLP must be at least that of what comes in.
"""

from collections.abc import Collection as Many
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from api.models import Push, SharedObject
from api.sharing import kinds
from api.sharing.reading import kept_forms, said
from api.sharing.receiving import refs_of
from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean_line
from csirt.kernel.tlp import Tlp
from incidents.models import Incident, Observable
from incidents.queries import visible_to
from incidents.services import casework, observing
from incidents.services.loading import LONGEST_TEXT, worked_case

MOST_AT_ONCE = 200
MOST_REFS = 20  # of one object, that are looked up to be shown


def waiting() -> QuerySet[Push]:
    """Return what waits for somebody, oldest first."""
    return (
        Push.objects.filter(status=Push.Status.QUARANTINED)
        .select_related("partner", "incident")
        .order_by("pk")
    )


def received(push: UUID) -> Push:
    """Return one object that a partner sent; raises ``NotFound``."""
    rows = Push.objects.select_related("partner", "incident", "decided_by")
    row = rows.filter(uuid=push).exclude(status=Push.Status.UNCHECKED).first()
    if row is None:
        raise NotFound
    return row


def values_of_ours(rows: Many[Push]) -> dict[int, list[str]]:
    """Return, by key of a row, the values of its own case that it saw, or has an opinion about."""
    refs = {
        row.pk: (row.incident_id or 0, refs_of(row.bytes)[:MOST_REFS])
        for row in rows
        if row.type in {"sighting", "opinion"}
    }
    wanted = {ref for _case, found in refs.values() for ref in found}
    drawn = SharedObject.objects.filter(stix_id__in=wanted, key__startswith="indicator:")
    keys = {
        (case, stix_id): key.partition(":")[2]
        for case, stix_id, key in drawn.values_list("incident", "stix_id", "key")
    }
    known = Observable.objects.filter(uuid__in=keys.values()).values_list("uuid", "value")
    values = {str(uuid): value for uuid, value in known}
    return {
        pk: [values[key] for ref in found if (key := keys.get((case, ref), "")) in values]
        for pk, (case, found) in refs.items()
    }


def case_called(reference: str, by: Person) -> UUID:
    """Return the visible case of that reference; raises ``Invalid``."""
    named = clean_line(reference).upper()
    case = visible_to(by).filter(reference=named[:16]).values_list("uuid", flat=True).first()
    if case is None:
        sentence = "Aucun dossier que vous voyez n'a cette référence."
        raise Invalid(sentence, fields={"case": sentence})
    return case


@dataclass(frozen=True)
class Source:
    """The partner under whose name a value is kept."""

    identifier: str

    @property
    def actor(self) -> str:
        return f"partner:{self.identifier}"


@change
def accept(*, pushes: Many[UUID], incident: UUID, by: Person, now: datetime) -> int:
    """Put objects into a case: their values as seen, and a note; returns how many objects.

    Raises ``NotFound``, ``Conflict`` when one was decided about, ``NotAllowed`` when one is marked
    above the case's own TLP.
    """
    case = worked_case(by, incident, None)
    rows = _locked(pushes)
    for row in rows:
        if Tlp(row.tlp) > Tlp(case.tlp):
            raise NotAllowed(
                "Un objet est %(theirs)s et le dossier %(ours)s : relevez d'abord le dossier.",
                theirs=Tlp(row.tlp).label,
                ours=Tlp(case.tlp).label,
            )
    own, decider = observing.own_values(case), User.objects.get(pk=by.user_id)
    lines: dict[str, list[str]] = {}
    for row in rows:
        read = said(row.bytes)
        source = Source(row.partner.identifier)
        forms = kept_forms(read.values, own)
        fresh = observing.keep(case, forms, by=source, now=now)
        lines.setdefault(row.partner.name, []).append(_words(row, read.words))
        row.status, row.incident = Push.Status.ACCEPTED, case
        _decided(row, decider, now)
        data = {
            "partner": row.partner.identifier,
            "object": row.stix_id,
            "values": len(fresh),
        }
        record(kinds.PUSH_ACCEPTED, case, by=by, at=now, data=data)
    text = "\n\n".join(
        f"Reçu du partenaire {name} :\n\n" + "\n\n".join(said_) for name, said_ in lines.items()
    )
    casework.add_note(incident=case.uuid, by=by, text=text[:LONGEST_TEXT], now=now)
    return len(rows)


def _words(row: Push, words: tuple[tuple[str, str], ...]) -> str:
    head = f"{row.type}, {Tlp(row.tlp).label}, {row.stix_id}"
    return "\n".join([head, *(f"{name} : {text[:2000]}" for name, text in words)])


@change
def refuse(*, pushes: Many[UUID], reason: str, by: Person, now: datetime) -> int:
    """Keep objects out of every case, with a reason for colleagues; returns how many."""
    if not by.works_cases:
        raise NotAllowed
    rows, decider = _locked(pushes), User.objects.get(pk=by.user_id)
    for row in rows:
        row.status, row.reason = Push.Status.REFUSED, clean_line(reason)[:300]
        _decided(row, decider, now)
        data = {"partner": row.partner.identifier, "object": row.stix_id}
        record(kinds.PUSH_REFUSED, row.partner, by=by, at=now, data=data)
    return len(rows)


def _locked(pushes: Many[UUID]) -> list[Push]:
    if not pushes or len(pushes) > MOST_AT_ONCE:
        raise Invalid("Choisissez au moins un objet, et deux cents au plus.")
    found = Push.objects.select_for_update(of=("self",)).select_related("partner")
    rows = list(found.filter(uuid__in=pushes).order_by("pk"))
    if len(rows) != len(set(pushes)):
        raise NotFound
    if any(row.status != Push.Status.QUARANTINED for row in rows):
        raise Conflict("Quelqu'un a déjà décidé de cet objet.", code="decided")
    return rows


def _decided(row: Push, by: User, now: datetime) -> None:
    row.decided_by, row.decided_at = by, now
    row.save()


def of_case(case: Incident) -> list[Push]:
    """Return what partners said about a case's indicators and nobody has decided about."""
    return list(waiting().filter(incident=case)[:20])
