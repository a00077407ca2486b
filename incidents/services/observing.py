"""Observables of a case: added by an analyst or by extraction, and judged."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.journal.change import Actor
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.kernel.text import clean, clean_line
from incidents import kinds
from incidents.domain.observables import ObservableType, OwnValues, extract
from incidents.models import Incident, Observable, ObservableRole
from incidents.services.loading import LONGEST_TEXT, worked_case

LONGEST_VALUE = 2048  # characters
_ANY_FORM = frozenset(kind for kind in ObservableType if kind.by_hand) | {
    ObservableType.FILENAME,
    ObservableType.FILEPATH,
    ObservableType.FILE_EXTENSION,
    ObservableType.REGISTRY_KEY,
    ObservableType.MESSAGE_ID,
    ObservableType.PHONE,
}  # what a person may write in a form that the extraction does not know


def value_digest(kind: str, value: str) -> str:
    """Return the SHA-256 by which the same value is found in other cases."""
    return hashlib.sha256(f"{kind}|{value}".encode()).hexdigest()


def own_values(case: Incident) -> OwnValues:
    """Return what belongs to the victim, and is therefore never an observable."""
    reports = list(case.reports.all())
    organisation = case.organisation
    emails = [report.contact_email for report in reports if report.contact_email]
    domains = [domain for report in reports for domain in report.own_domains]
    return OwnValues(
        phones=[report.contact_phone for report in reports if report.contact_phone],
        emails=emails,
        domains=[*domains, *(organisation.own_domains if organisation else [])],
        ips=list(organisation.own_addresses) if organisation else [],
    )


def keep(
    case: Incident, found: Iterable[tuple[str, str, str]], *, by: Actor, now: datetime
) -> list[Observable]:
    """Keep (type, value, as written) once each and record it; used inside a change."""
    rows = {
        value_digest(kind, value): Observable(
            incident=case,
            type=kind,
            value=value[:LONGEST_VALUE],
            value_digest=value_digest(kind, value),
            as_written=written[:LONGEST_VALUE],
            found_by=by.actor,
            seen_at=now,
        )
        for kind, value, written in found
    }
    known = set(
        case.observables.filter(value_digest__in=rows).values_list("value_digest", flat=True)
    )
    fresh = [row for digest, row in rows.items() if digest not in known]
    if fresh:
        Observable.objects.bulk_create(fresh)
        record(kinds.OBSERVED, case, by=by, at=now, data={"count": len(fresh)})
    return fresh


@change
def add_observable(
    *, incident: UUID, by: Person, type: str, value: str, now: datetime
) -> Observable:
    """Add one value by hand; raises ``Invalid`` when the type or the value cannot be."""
    case = worked_case(by, incident, None)
    written = value = clean_line(value)
    if type not in set(ObservableType):
        raise Invalid("Ce type n'existe pas.", fields={"type": "Choisissez dans la liste."})
    if not value:
        raise Invalid("Il manque une valeur.", fields={"value": "Collez une valeur."})
    if len(value) > LONGEST_VALUE:
        raise Invalid("Ce texte est trop long.", fields={"value": "Collez une seule valeur."})
    found = [item for item in extract(value) if item.type == type]
    if len(found) == 1:
        value = found[0].value  # defanged and mixed case are read
    elif type not in _ANY_FORM:
        raise Invalid(
            "Cette valeur n'est pas de ce type.",
            fields={"value": "Vérifiez la valeur, ou choisissez un autre type."},
        )
    fresh = keep(case, [(type, value, written)], by=by, now=now)
    if fresh:
        case.store(now)
        return fresh[0]
    return case.observables.get(value_digest=value_digest(type, value))


@change
def paste_observables(*, incident: UUID, by: Person, text: str, now: datetime) -> list[Observable]:
    """Read a block of text (a mail, a log) and keep what is found in it."""
    case = worked_case(by, incident, None)
    if len(text) > LONGEST_TEXT:
        raise Invalid("Ce texte est trop long.", fields={"text": "Collez-le en plusieurs fois."})
    found = extract(clean(text), own=own_values(case))
    fresh = keep(case, [(i.type, i.value, i.as_written) for i in found], by=by, now=now)
    if fresh:
        case.store(now)
    return fresh


@change
def judge(
    *, incident: UUID, observable: UUID, version: int, by: Person, role: str, now: datetime
) -> Observable:
    """Say what a value is: indicator, the victim's own, a false positive, or just seen.

    *version* is the observable's. Raises ``NotFound`` when it is of another case.
    """
    case = worked_case(by, incident, None)
    row = Observable.objects.filter(incident=case, uuid=observable).first()
    if row is None:
        raise NotFound
    if row.version != version:
        raise Conflict(state=case.state)
    if role not in ObservableRole.values:
        raise Invalid("Ce rôle n'existe pas.", fields={"role": "Choisissez dans la liste."})
    previous, row.role = row.role, role
    row.version += 1
    row.save()
    case.store(now)
    record(kinds.JUDGED, row, by=by, at=now, data={"role": role, "previous": previous})
    return row
