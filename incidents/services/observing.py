"""Observables of a case: added by an analyst or by extraction, and judged."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.journal.change import Actor
from csirt.journal.models import Event
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.kernel.text import clean, clean_line
from incidents import kinds
from incidents.domain.observables import Found, ObservableType, OwnValues, extract
from incidents.models import Incident, Observable, ObservableRole
from incidents.services.harmless import is_listed
from incidents.services.loading import LONGEST_TEXT, worked_case
from incidents.services.undoing import FOR

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


def found_in(case: Incident, text: str) -> list[Found]:
    """Return what a pasted text holds beside what is the victim's own; raises ``Invalid``."""
    if len(text) > LONGEST_TEXT:
        raise Invalid("Ce texte est trop long.", fields={"text": "Collez-le en plusieurs fois."})
    return extract(clean(text), own=own_values(case))


@change
def paste_observables(
    *,
    incident: UUID,
    by: Person,
    text: str,
    now: datetime,
    chosen: Collection[str] | None = None,
) -> list[Observable]:
    """Read a block of text (a mail, a log) and keep what is found in it.

    *chosen*: the digests of the values to keep; None for all.
    """
    case = worked_case(by, incident, None)
    found = [(one.type, one.value, one.as_written) for one in found_in(case, text)]
    if chosen is not None:
        found = [one for one in found if value_digest(one[0], one[1]) in chosen]
    fresh = keep(case, found, by=by, now=now)
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
    if role == ObservableRole.INDICATOR and is_listed(row.type, row.value):
        raise Invalid(
            "Cette valeur n'est jamais un indicateur : elle est dans la liste du desk.",
            code="listed",
            fields={"role": "Choisissez un autre rôle."},
        )
    previous, row.role = row.role, role
    row.version += 1
    row.save()
    case.store(now)
    record(kinds.JUDGED, row, by=by, at=now, data={"role": role, "previous": previous})
    return row


@change
def unjudge(*, incident: UUID, observable: UUID, by: Person, now: datetime) -> Observable:
    """Give a value back what it was before *by* judged it, within ten seconds.

    Raises ``NotFound``, ``Invalid`` when it is too late, ``Conflict`` when somebody judged it since.
    """
    case = worked_case(by, incident, None)
    row = Observable.objects.filter(incident=case, uuid=observable).first()
    if row is None:
        raise NotFound
    acts = Event.objects.filter(
        object_type=Observable._meta.label_lower, object_id=str(row.uuid), actor=by.actor
    )
    last = acts.order_by("-seq").first()
    if last is None or last.kind != kinds.JUDGED.name or not now - FOR <= last.at <= now:
        raise Invalid("Il est trop tard pour annuler. Faites l'action contraire.", code="too-late")
    if last.version != row.version:
        raise Conflict(state=case.state)
    previous, row.role = row.role, last.data["previous"]
    row.version += 1
    row.save()
    case.store(now)
    record(kinds.UNJUDGED, row, by=by, at=now, data={"role": row.role, "previous": previous})
    return row
