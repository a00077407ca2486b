"""Organisations: made known, corrected."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.directory import checks, kinds, reference
from csirt.directory.models import Commune, Organisation, PopulationBand, VictimKind
from csirt.directory.services.rights import worked_organisation
from csirt.journal import change, record
from csirt.kernel.errors import Invalid, NotAllowed
from csirt.kernel.text import clean_line


@dataclass(frozen=True)
class OrganisationFields:
    """What the page of an organisation holds, as it was typed. ``commune`` is an INSEE code."""

    name: str
    kind: str
    siren: str = ""
    siret: str = ""
    commune: str = ""
    population_band: str = ""
    own_domains: Sequence[str] = ()
    own_addresses: Sequence[str] = ()
    it_provider: str = ""
    traits: Sequence[str] = ()


@change
def create_organisation(*, fields: OrganisationFields, by: Person, now: datetime) -> Organisation:
    """Make an organisation known. Raises ``Invalid`` naming the field, or ``NotAllowed``."""
    if not by.works_cases:
        raise NotAllowed
    row = Organisation(**_checked(fields, None))
    row.save()
    record(kinds.ORGANISATION_CREATED, row, by=by, at=now, data={"kind": row.kind})
    return row


@change
def edit_organisation(
    *, organisation: UUID, version: int, fields: OrganisationFields, by: Person, now: datetime
) -> Organisation:
    """Replace what is known of an organisation; the same again changes nothing.

    Raises ``NotFound``, ``NotAllowed``, ``Conflict`` on another version, ``Invalid`` naming the
    field.
    """
    row = worked_organisation(by, organisation, version)
    values = _checked(fields, row)
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    if not changed:
        return row
    for name in changed:
        setattr(row, name, values[name])
    row.version += 1
    row.save()
    record(kinds.ORGANISATION_EDITED, row, by=by, at=now, data={"fields": changed})
    return row


def _checked(fields: OrganisationFields, row: Organisation | None) -> dict[str, Any]:
    """Return the values to store; raises ``Invalid`` naming every field that is wrong."""
    typed = asdict(fields)
    allowed = reference.current().names.variables["traits"].values
    values = checks.together(
        {
            "name": lambda: checks.line("name", typed["name"], 200, required=True),
            "kind": lambda: checks.one_of("kind", typed["kind"], VictimKind.values),
            "population_band": lambda: checks.one_of(
                "population_band", typed["population_band"], PopulationBand.values
            ),
            "commune": lambda: _commune(typed["commune"]),
            "numbers": lambda: checks.numbers(typed["siren"], typed["siret"]),
            "own_domains": lambda: checks.domains(typed["own_domains"]),
            "own_addresses": lambda: checks.addresses(typed["own_addresses"]),
            "it_provider": lambda: checks.line("it_provider", typed["it_provider"], 200),
            "traits": lambda: sorted(
                {checks.one_of("traits", trait, allowed) for trait in typed["traits"]}
            ),
        }
    )
    siren, siret = values.pop("numbers")
    _only_one(siren, siret, row)
    return values | {"siren": siren, "siret": siret}


def _commune(insee: str) -> Commune | None:
    insee = clean_line(insee)
    if not insee:
        return None
    row = Commune.objects.filter(pk=insee).first()
    if row is None:
        raise Invalid(
            "Cette commune n'est pas connue.",
            fields={"commune": "Choisissez votre commune dans la liste."},
        )
    return row


def _only_one(siren: str, siret: str, row: Organisation | None) -> None:
    """See that no other organisation has this SIRET, nor this SIREN without a SIRET."""
    if not siren:
        return
    same = Organisation.objects.filter(siren=siren, siret=siret)
    if row is not None:
        same = same.exclude(pk=row.pk)
    other = same.first()
    if other is not None:
        raise Invalid(
            "« %(name)s » a déjà ce numéro.",
            code="known",
            name=other.name,
            fields={"siret" if siret else "siren": "Une autre fiche a déjà ce numéro."},
        )
