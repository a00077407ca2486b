"""Two entries of the directory that are one body: everything of the one goes to the other."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory import kinds as directory_kinds
from csirt.directory import queries as directory
from csirt.directory.models import Organisation
from csirt.directory.services.rights import check_version
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents import kinds
from incidents.models import Incident
from incidents.queries import visible_to

_FILLED = ("siren", "siret", "commune_id", "population_band", "it_provider")  # where empty
_TOGETHER = ("own_domains", "own_addresses", "traits")


@dataclass(frozen=True)
class Moved:
    """What goes with an entry: people, services that will see the cases, cases that *by* sees."""

    contacts: int
    operators: tuple[str, ...]
    cases: int


def what_moves(gone: Organisation, by: Person) -> Moved:
    """Return what an entry already seen takes with it."""
    agreed = gone.agreements.filter(ended_at=None).select_related("operator")
    return Moved(
        contacts=gone.contacts.count(),
        operators=tuple(sorted(one.operator.name for one in agreed)),
        cases=visible_to(by).filter(organisation=gone).count(),
    )


def join_organisations(
    *, kept: UUID, kept_version: int, gone: UUID, gone_version: int, by: Person, now: datetime
) -> Moved:
    """Make one entry of two: *gone* ends, *kept* has its contacts, agreements, cases and values.

    A lead's act: an agreement of the one opens the cases of both. Raises ``NotFound``, ``NotAllowed``,
    ``Conflict`` when one has changed, ``Invalid`` for two that have different numbers.
    """
    try:
        return _join(
            kept=kept,
            kept_version=kept_version,
            gone=gone,
            gone_version=gone_version,
            by=by,
            now=now,
        )
    except IntegrityError as error:  # a case came to *gone* in the same moment
        raise Conflict("Une de ces fiches vient de changer. Relisez-les.") from error


@change
def _join(
    *, kept: UUID, kept_version: int, gone: UUID, gone_version: int, by: Person, now: datetime
) -> Moved:
    if by.role != Role.LEAD:
        raise NotAllowed
    wanted = directory.visible_organisations(by).filter(uuid__in=[kept, gone])
    cases = list(Incident.objects.filter(organisation__in=wanted).values_list("pk", flat=True))
    locked = Incident.objects.select_for_update(no_key=True).filter(pk__in=cases)
    held = {case.pk: case for case in locked.order_by("pk")}
    rows = wanted.select_for_update(of=("self",), no_key=True).order_by("pk")
    by_uuid = {row.uuid: row for row in rows}
    if len(by_uuid) != 2:
        raise NotFound
    stays, goes = by_uuid[kept], by_uuid[gone]
    check_version(stays, kept_version)
    check_version(goes, gone_version)
    _refuse_two_bodies(stays, goes)
    moved = what_moves(goes, by)
    _move(stays, goes, now)
    for case in held.values():
        if case.organisation_id == goes.pk:
            case.organisation = stays
            case.store(now)
            record(kinds.EDITED, case, by=by, at=now, data={"fields": ["organisation"]})
    data = {
        "joined": str(goes.uuid),
        "contacts": moved.contacts,
        "agreements": len(moved.operators),
    }
    goes.delete()
    _fill(stays, goes)
    stays.version += 1
    stays.save()
    record(directory_kinds.ORGANISATION_JOINED, stays, by=by, at=now, data=data)
    record(directory_kinds.ORGANISATION_EDITED, stays, by=by, at=now, data={"fields": ["name"]})
    return moved


def _refuse_two_bodies(stays: Organisation, goes: Organisation) -> None:
    if stays.siren and goes.siren and stays.siren != goes.siren:
        raise Invalid("Ces deux fiches ont des SIREN différents : ce sont deux structures.")
    if stays.siret and goes.siret and stays.siret != goes.siret:
        raise Invalid("Ces deux fiches ont des SIRET différents : ce sont deux établissements.")


def _move(stays: Organisation, goes: Organisation, now: datetime) -> None:
    known = set(stays.agreements.filter(ended_at=None).values_list("operator", flat=True))
    twice = goes.agreements.filter(ended_at=None, operator__in=known)
    twice.update(ended_at=now)
    for held in Organisation._meta.related_objects:  # those of apps above too: nothing is lost
        if held.related_model is not Incident:  # a case takes a version, see ``_join``
            rows = getattr(goes, str(held.get_accessor_name()))
            rows.update(**{held.field.name: stays})


def _fill(stays: Organisation, goes: Organisation) -> None:
    for name in _FILLED:
        if not getattr(stays, name):
            setattr(stays, name, getattr(goes, name))
    for name in _TOGETHER:
        setattr(stays, name, _once([*getattr(stays, name), *getattr(goes, name)]))


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
