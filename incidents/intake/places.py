"""Communes, as the form asks for them: typed, told apart, shown again."""

import re
from collections.abc import Iterable, Sequence

from csirt.directory.models import Commune
from csirt.directory.search import Place, search_places
from csirt.directory.words import normal

EXACT = "insee:"
"""Before an INSEE code: this commune, not the postcode that has the same digits."""

MOST = 20
_LABEL = re.compile(r"(?P<name>[^()]+) \([^()]+\)")


def communes(text: str) -> Sequence[tuple[str, str]]:
    """Return the communes that *text* may mean, as (INSEE code, label); one when it is certain.

    Takes a name, a postcode, an INSEE code, ``insee:`` and a code, or a label as it was shown.
    """
    if text.startswith(EXACT):
        wanted = text.removeprefix(EXACT)
        return _once(p for p in search_places(wanted, MOST) if p.insee == wanted)
    if match := _LABEL.fullmatch(text):
        labelled = _once(p for p in search_places(match["name"], MOST) if p.label == text)
        if labelled:
            return labelled
    found = search_places(text, MOST)
    wanted = normal(text)
    exact = [
        place
        for place in found
        if wanted in {normal(place.name), normal(place.former), place.insee, *place.postcodes}
    ]
    return _once(exact or found)


def labels(codes: Iterable[str]) -> list[str]:
    """Return how the communes of these INSEE codes are shown, in the same order."""
    return list(labels_of(codes).values())


def labels_of(codes: Iterable[str]) -> dict[str, str]:
    """Return how each commune of these INSEE codes is shown, in the same order, with one query."""
    wanted = list(codes)
    rows = Commune.objects.select_related("department").in_bulk(wanted)
    return {
        code: f"{row.name} ({', '.join(row.postcodes[:2])}, {row.department.name})"
        for code in wanted
        if (row := rows.get(code))
    }


def named(answer: object) -> list[str]:
    """Return what an answer to "ou" names: INSEE codes, or the one choice that is none."""
    values = answer if isinstance(answer, list) else [answer]
    return [value for value in values if isinstance(value, str)]


def _once(found: Iterable[Place]) -> list[tuple[str, str]]:
    """One line for each commune, under the name by which it was found."""
    return list({place.insee: (place.insee, place.label) for place in found}.values())
