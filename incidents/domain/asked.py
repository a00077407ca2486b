"""What somebody asks the search for: words, exact values, filters.

``rançon dep:34 etat:nouveau hxxps://evil[.]example`` is a word, two filters and a value. What is not
a filter of ours stays a word, and is told.
"""

import re
import unicodedata
from dataclasses import dataclass

from incidents.domain.observables import Found, extract
from incidents.domain.words import fold, words

LONGEST = 500  # characters that are read
MOST_WORDS = 12
MOST_FILTERS = 20  # what follows stays a word
# The names of filters, French and English, without accents.
FILTERS = {
    "etat": "state", "state": "state",
    "priorite": "priority", "priority": "priority",
    "dep": "department", "departement": "department", "department": "department",
    "qui": "assignee", "who": "assignee",
    "categorie": "category", "category": "category",
    "victime": "victim", "victim": "victim",
    "campagne": "campaign", "campaign": "campaign",
    "etiquette": "tag", "tag": "tag",
    "depuis": "since", "since": "since",
    "avant": "until", "before": "until",
}  # fmt: skip
_FILTER = re.compile(r'(?<!\S)([^\W\d_]{2,20}):(?:"([^"]*)"|(\S+))')


@dataclass(frozen=True)
class Filter:
    """One filter as it was written; ``about`` is one of the values of ``FILTERS``."""

    about: str
    written: str
    value: str


@dataclass(frozen=True)
class Asked:
    """A question that was read. ``loose`` are its words when values are taken as words, too."""

    words: tuple[str, ...] = ()
    values: tuple[Found, ...] = ()
    loose: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    unknown: tuple[str, ...] = ()  # what looks like a filter and is none

    @property
    def empty(self) -> bool:
        return not (self.words or self.values or self.filters)


def read(text: str) -> Asked:
    """Return what *text*, cleaned and on one line, asks for. Never raises."""
    text = unicodedata.normalize("NFC", text[:LONGEST])
    filters: list[Filter] = []

    def take(match: re.Match[str]) -> str:
        about = FILTERS.get(fold(match[1]))
        if about is None or len(filters) == MOST_FILTERS:
            return match[0]
        quoted, plain = match[2], match[3]
        filters.append(Filter(about, match[0], (quoted if plain is None else plain).strip()))
        return " "

    rest = _FILTER.sub(take, text)
    values = tuple(extract(rest))
    around = list(rest)
    for value in values:
        around[value.start : value.end] = " " * (value.end - value.start)
    other = "".join(around)
    return Asked(
        words=tuple(words([other])[:MOST_WORDS]),
        values=values,
        loose=tuple(words([rest])[:MOST_WORDS]) if values else (),
        filters=tuple(filters),
        unknown=tuple(match[1] for match in _FILTER.finditer(other)),
    )
