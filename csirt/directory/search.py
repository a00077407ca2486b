"""Finding a commune by name, postcode or INSEE code, as people type them.

The 4,446 communes and their former names fit in memory, as lines of one text: looking through them
takes about a millisecond and needs no index of either engine.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from django.db.models import Count, Max, Sum

from csirt.directory.models import Commune, FormerCommune
from csirt.directory.words import normal

SHORTEST, LONGEST = 2, 200  # characters of a question


@dataclass(frozen=True)
class Place:
    """One answer. ``former`` is the old name that was found, empty for the present one."""

    insee: str
    name: str
    department: str
    department_name: str
    postcodes: tuple[str, ...]
    population: int
    former: str = ""

    @property
    def label(self) -> str:
        """How a person tells it from its namesakes: "Mirepoix (09500, Ariège)"."""
        place = f"{self.name} ({', '.join(self.postcodes[:2])}, {self.department_name})"
        return f"{self.former}, {place}" if self.former else place


def search_places(text: str, limit: int = 20) -> list[Place]:
    """Return the communes that *text* may mean, best first; empty when it is too short.

    Digits are a postcode, an INSEE code (also a former one) or how one begins; anything else is a
    name: the whole name first, then its beginning, then words in it; large before small.
    """
    wanted = normal(text[:LONGEST])
    if len(wanted) < SHORTEST:
        return []
    index = _index(*_state())
    if wanted.isdigit():
        found = [(_rank_code(wanted, line), place) for line, place in index.codes.having(wanted)]
    else:
        longest = max(wanted.split(), key=len)
        found = [(_rank_name(wanted, line), place) for line, place in index.names.having(longest)]
    found = [(rank, place) for rank, place in found if rank]
    found.sort(key=lambda item: (item[0], -item[1].population, item[1].name, item[1].insee))
    return list({(place.insee, place.former): place for _, place in found}.values())[:limit]


def _rank_name(wanted: str, name: str) -> int:
    if name in {wanted, f"le {wanted}", f"la {wanted}", f"les {wanted}", f"l {wanted}"}:
        return 1
    if name.startswith(wanted):
        return 2
    if f" {wanted}" in f" {name}":
        return 3
    return 4 if all(f" {word}" in f" {name}" for word in wanted.split()) else 0


def _rank_code(wanted: str, line: str) -> int:
    return 1 if wanted in line.split() else 2


class _Lines:
    """Words of each place on a line of one text, so that looking through them is one search."""

    def __init__(self, lines: Sequence[tuple[str, Place]]) -> None:
        self._lines = lines
        self._text = "".join(f"\n {line}" for line, _ in lines)
        lengths = (len(line) + 2 for line, _ in lines)
        self._starts = list(accumulate(lengths, initial=0))

    def having(self, beginning: str) -> Iterator[tuple[str, Place]]:
        """Yield each line in which a word has this beginning."""
        needle, at = f" {beginning}", 0
        while (at := self._text.find(needle, at)) >= 0:
            number = bisect_right(self._starts, at) - 1
            yield self._lines[number]
            at = self._starts[number + 1]


@dataclass(frozen=True)
class _Index:
    names: _Lines  # former names included
    codes: _Lines  # INSEE and postcodes; the INSEE codes of former communes


def _state() -> tuple[object, ...]:
    """Return what changes when the places are loaded again, here or by another process."""
    communes = Commune.objects.aggregate(Count("pk"), Max("pk"), Sum("population"))
    return (*communes.values(), FormerCommune.objects.count())


@lru_cache(maxsize=1)
def _index(*_state_of_the_rows: object) -> _Index:
    communes = {
        row.insee: Place(
            insee=row.insee,
            name=row.name,
            department=row.department_id,
            department_name=row.department.name,
            postcodes=tuple(row.postcodes),
            population=row.population,
        )
        for row in Commune.objects.select_related("department")
    }
    names = [(normal(place.name), place) for place in communes.values()]
    codes = [(" ".join((place.insee, *place.postcodes)), place) for place in communes.values()]
    for row in FormerCommune.objects.all():
        place = communes[row.commune_id]
        if normal(row.name) == normal(place.name):
            continue
        old = replace(place, former=row.name)
        names.append((normal(row.name), old))
        if row.insee not in communes:
            codes.append((row.insee, old))
    return _Index(_Lines(names), _Lines(codes))
