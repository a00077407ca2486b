"""The name of a body, suggested from its SIREN or SIRET, or from its commune. Nothing is asked outside.

Only what is public is suggested: town halls and inter-municipal bodies. Whether the desk knows a
business or an association is nobody else's affair.
"""

import re
from collections.abc import Mapping

from stdnum.fr import siren as sirens
from stdnum.fr import siret as sirets

from csirt.directory.models import Commune, Epci
from incidents.domain.answers import Answer

NAME, PLACE = "organisme", "ou"
_NUMBER = re.compile(r"[\d\s.]{9,20}")


def named(answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return the answers with the body's name, where a number or the commune tells it.

    The person reads it on the page where answers are checked, and may change it there.
    """
    given = answers.get(NAME, "")
    name = _by_number(given) if isinstance(given, str) and given else _by_place(answers)
    return {**answers, NAME: name} if name else dict(answers)


def town_hall(commune: str) -> str:
    """Return how a town hall is called: "Mairie d'Albi", "Mairie du Vernet", "Mairie des Angles"."""
    if commune.startswith("Le "):
        return f"Mairie du {commune[3:]}"
    if commune.startswith("Les "):
        return f"Mairie des {commune[4:]}"
    if commune[:1].upper() in "AÀÂEÉÈÊIÎOÔUY":
        return f"Mairie d'{commune}"
    return f"Mairie de {commune}"


def _by_number(text: str) -> str:
    """Return the body that has this number, and the number; empty when it is no such number."""
    digits = re.sub(r"\D", "", text)
    if not _NUMBER.fullmatch(text) or not (sirens.is_valid(digits) or sirets.is_valid(digits)):
        return ""
    number = digits[:9]
    if town := Commune.objects.filter(siren=number).first():
        return f"{town_hall(town.name)} ({number})"
    if body := Epci.objects.filter(pk=number).first():
        return f"{body.name} ({number})"
    return ""


def _by_place(answers: Mapping[str, Answer]) -> str:
    """Return the one body of its kind that a commune has: its town hall, or its EPCI."""
    kind, code = answers.get("kind"), answers.get(PLACE)
    if kind not in {"commune", "epci"} or not isinstance(code, str):
        return ""
    town = Commune.objects.select_related("epci").filter(pk=code).first()
    if town is None:
        return ""
    if kind == "commune":
        return town_hall(town.name)
    return town.epci.name if town.epci else ""
