"""What the directory's forms carry: what was typed, what is wrong with it, what it has become."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from csirt.directory.models import (
    Commune,
    Contact,
    Operator,
    Organisation,
    PopulationBand,
    VictimKind,
)
from csirt.directory.search import Place, search_places
from csirt.directory.services import ContactFields, OrganisationFields
from csirt.directory.traits import TRAITS
from csirt.kernel.errors import Conflict, DeskError, Invalid
from csirt.kernel.text import clean_line

_MOST_PLACES = 12
LABELS = {
    "name": "Nom",
    "kind": "Sorte",
    "siren": "SIREN",
    "siret": "SIRET",
    "commune": "Commune",
    "population_band": "Taille",
    "own_domains": "Ses noms de domaine",
    "own_addresses": "Ses adresses IP",
    "it_provider": "Prestataire informatique",
    "traits": "Particularités",
    "role": "Fonction",
    "phone": "Téléphone",
    "email": "Adresse e-mail",
    "phone_trust": "Le téléphone est",
    "email_trust": "L'adresse e-mail est",
}


@dataclass
class Returned:
    """A form as it is shown: ``values`` by field, ``wrong`` by field, ``refusal`` in one sentence.

    ``changed`` holds, after a conflict, what the row has become where it differs from what was
    typed.
    """

    values: dict[str, Any]
    version: int = 0
    wrong: dict[str, str] = field(default_factory=dict)
    refusal: str = ""
    changed: list[dict[str, str]] = field(default_factory=list)
    places: Sequence[Place] = ()

    @property
    def errors(self) -> list[dict[str, str]]:
        """What the error summary shows."""
        listed = [{"name": name, "text": said} for name, said in self.wrong.items()]
        if self.refusal and not self.changed:
            head = {"name": next(iter(self.wrong), ""), "text": self.refusal}
            return [head, *(listed if len(listed) > 1 else [])]
        return listed

    def refused(self, error: DeskError, now: Mapping[str, Any], version: int) -> None:
        """Take up why the service refused; *now* and *version* are those of the stored row."""
        self.refusal = gettext(error.sentence) % error.params
        if isinstance(error, Invalid):
            self.wrong = {name: gettext(said) for name, said in error.fields.items()}
        if isinstance(error, Conflict):
            self.version = version
            self.changed = [
                {"label": gettext(LABELS[name]), "value": _shown(name, value)}
                for name, value in now.items()
                if name in LABELS and _shown(name, value) != _shown(name, self.values.get(name))
            ]


def _shown(name: str, value: object) -> str:
    labels: Mapping[str, object] = {
        "kind": dict(VictimKind.choices),
        "population_band": dict(PopulationBand.choices),
        "phone_trust": dict(Contact.Trust.choices),
        "email_trust": dict(Contact.Trust.choices),
        "traits": TRAITS,
    }.get(name, {})
    if isinstance(value, list | tuple):
        return ", ".join(str(labels.get(item, item)) for item in sorted(value))
    if name.startswith("own_"):
        return ", ".join(sorted(_lines(str(value or ""))))
    return str(labels.get(str(value), value or ""))


def version(request: HttpRequest) -> int:
    """Return the version that the person saw; raises ``Invalid``."""
    text = request.POST.get("version", "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid("Cette page est trop ancienne. Rechargez-la.")
    return int(text)


# Organisations


def of_organisation(row: Organisation) -> dict[str, Any]:
    """Return the values of the form for a stored row."""
    return {
        "name": row.name,
        "kind": row.kind,
        "siren": row.siren,
        "siret": row.siret,
        "commune": place_label(row.commune) if row.commune else "",
        "population_band": row.population_band,
        "own_domains": "\n".join(row.own_domains),
        "own_addresses": "\n".join(row.own_addresses),
        "it_provider": row.it_provider,
        "traits": row.traits,
    }


def typed_organisation(posted: QueryDict) -> dict[str, Any]:
    """Return what was typed, by field."""
    texts = (
        "name kind siren siret commune insee population_band own_domains own_addresses it_provider"
    )
    values: dict[str, Any] = {name: posted.get(name, "") for name in texts.split()}
    return values | {"traits": posted.getlist("traits")}


def organisation_fields(form: Returned) -> OrganisationFields:
    """Return what the service takes; raises ``Invalid`` when the commune is not told for certain."""
    values = form.values
    return OrganisationFields(
        name=values["name"],
        kind=values["kind"],
        siren=values["siren"],
        siret=values["siret"],
        commune=_insee(form),
        population_band=values["population_band"],
        own_domains=_lines(values["own_domains"]),
        own_addresses=_lines(values["own_addresses"]),
        it_provider=values["it_provider"],
        traits=values["traits"],
    )


def _insee(form: Returned) -> str:
    """Return the commune that was chosen, or the only one that the typed words mean."""
    typed, chosen = clean_line(form.values["commune"])[:200], form.values.get("insee", "")
    if not typed:
        return ""
    found = search_places(typed.partition(" (")[0], limit=_MOST_PLACES)
    for place in found:
        if place.insee == chosen or place.label == typed:
            return place.insee
    if len({place.insee for place in found}) == 1:
        return found[0].insee
    if not found:
        raise Invalid(
            "Cette commune n'est pas connue.",
            fields={"commune": "Vérifiez le nom, ou donnez le code postal."},
        )
    form.places = found
    raise Invalid(
        "Il y a plusieurs communes de ce nom.",
        fields={"commune": "Choisissez la commune ci-dessous."},
    )


def place_label(row: Commune) -> str:
    """Return how a commune is shown and typed: "Mirepoix (09500, Ariège)"."""
    return f"{row.name} ({', '.join(row.postcodes[:2])}, {row.department.name})"


def organisation_choices() -> dict[str, list[dict[str, object]]]:
    """Return the options of the form's lists."""
    return {
        "kinds": [{"value": value, "label": label} for value, label in VictimKind.choices],
        "bands": [{"value": value, "label": label} for value, label in PopulationBand.choices],
        "traits": [{"value": value, "label": label} for value, label in TRAITS.items()],
    }


def _lines(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;]+", text) if word]


# Contacts and operators


def of_contact(row: Contact) -> dict[str, Any]:
    """Return the values of the form for a stored row."""
    names = ("name", "role", "phone", "email", "phone_trust", "email_trust")
    return {name: getattr(row, name) for name in names}


def contact_fields(values: Mapping[str, Any]) -> ContactFields:
    """Return what the service takes."""
    return ContactFields(**values)


def typed_contact(posted: QueryDict) -> dict[str, Any]:
    """Return what was typed, by field."""
    good = Contact.Trust.GOOD.value
    values = {name: posted.get(name, "") for name in ("name", "role", "phone", "email")}
    return values | {name: posted.get(name, good) for name in ("phone_trust", "email_trust")}


def of_operator(row: Operator) -> dict[str, Any]:
    """Return the values of the form for a stored row."""
    return {"name": row.name, "email": row.email, "phone": row.phone}


def typed_operator(posted: QueryDict) -> dict[str, Any]:
    """Return what was typed, by field."""
    return {name: posted.get(name, "") for name in ("name", "email", "phone")}
