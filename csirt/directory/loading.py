"""Loading the places: departments, EPCI, communes, former communes, and their town halls.

Data: ``@etalab/decoupage-administratif`` 6.0.0, Licence Ouverte (``csirt/reference/data/places``).
"""

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from csirt.directory.models import (
    Commune,
    Department,
    Epci,
    FormerCommune,
    Organisation,
    PopulationBand,
    VictimKind,
)
from csirt.directory.words import searchable
from csirt.reference.bundle import DATA

_BANDS = ((500, PopulationBand.TINY), (3500, PopulationBand.SMALL), (20000, PopulationBand.MEDIUM))


def band(population: int) -> PopulationBand:
    """Return the population band of a commune or EPCI, by inhabitants."""
    return next((name for limit, name in _BANDS if population < limit), PopulationBand.LARGE)


def town_hall(commune: str) -> str:
    """Return the name of a town hall: "Mairie d'Albi", "Mairie du Caylar", "Mairie des Angles"."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if commune.startswith(article):
            return f"Mairie {contracted}{commune.removeprefix(article)}"
    if commune[0] in "AEIOUYÂÉÈÊÎŒH" and not commune.startswith("Y"):
        return f"Mairie d'{commune}"
    return f"Mairie de {commune}"


@transaction.atomic
def load_places(folder: Path = DATA / "places") -> dict[str, int]:
    """Load or refresh the places; returns how many of each there are. May be run again."""
    departments = _read(folder / "occitanie-departements.json")
    _upsert(Department, "code", [Department(code=d["code"], name=d["nom"]) for d in departments])
    epcis = [
        Epci(siren=e["siren"], name=e["nom"], type=e["type"], population=e["pop"])
        for e in _read(folder / "occitanie-epci.json")
    ]
    _upsert(Epci, "siren", epcis)
    known = {epci.siren for epci in epcis}
    communes = [
        Commune(
            insee=c["insee"],
            name=c["nom"],
            department_id=c["dep"],
            postcodes=c["cp"],
            siren=c["siren"],
            epci_id=c["epci"] if c["epci"] in known else None,
            population=c["pop"],
        )
        for c in _read(folder / "occitanie-communes.json")
    ]
    _upsert(Commune, "insee", communes)
    present = {commune.insee for commune in communes}
    FormerCommune.objects.bulk_create(
        [
            FormerCommune(insee=f["insee"], name=f["nom"], commune_id=f["vers"])
            for f in _read(folder / "occitanie-anciennes-communes.json")
            if f["vers"] in present
        ],
        ignore_conflicts=True,
    )
    _town_halls(communes, epcis)
    return {
        "departments": Department.objects.count(),
        "epci": Epci.objects.count(),
        "communes": Commune.objects.count(),
        "former communes": FormerCommune.objects.count(),
        "organisations": Organisation.objects.count(),
    }


def _town_halls(communes: list[Commune], epcis: list[Epci]) -> None:
    """Every commune and EPCI is a body that may be a victim."""
    known = set(Organisation.objects.exclude(siren="").values_list("siren", flat=True))
    bodies = [
        Organisation(
            name=town_hall(commune.name),
            kind=VictimKind.COMMUNE,
            siren=commune.siren,
            commune=commune,
            population_band=band(commune.population),
        )
        for commune in communes
    ]
    bodies += [
        Organisation(
            name=epci.name,
            kind=VictimKind.EPCI,
            siren=epci.siren,
            population_band=band(epci.population),
        )
        for epci in epcis
    ]
    fresh = [body for body in bodies if body.siren and body.siren not in known]
    for body in fresh:
        body.search = searchable(body.name)
    Organisation.objects.bulk_create(fresh, batch_size=1000)


def _read(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _upsert(model: Any, key: str, rows: list[Any]) -> None:
    fields = [field.name for field in model._meta.concrete_fields if field.name != key]
    model.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=[key], update_fields=fields, batch_size=1000
    )
