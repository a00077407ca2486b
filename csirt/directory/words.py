"""Words as people type them, brought to one form that can be compared."""

import re
import unicodedata
from collections.abc import Iterable

_SHORT = {"saint": "st", "sainte": "ste", "sainct": "st"}
_EMPTY = frozenset({"d", "de", "des", "du", "et", "l", "la", "le", "les"})


def normal(text: str) -> str:
    """Lower case, without accents, "saint" as "st", any punctuation as one space."""
    plain = unicodedata.normalize("NFD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    plain = "".join(char for char in plain if unicodedata.category(char) != "Mn")
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    return " ".join(_SHORT.get(word, word) for word in words)


def searchable(name: str, domains: Iterable[str] = ()) -> str:
    """Return the stored words by which an organisation is found: its name and its domains."""
    return normal(" ".join([name, *domains]))[:600]


def telling(text: str) -> list[str]:
    """Return the words of *text* that tell one name from another: without "de", "la", "les"."""
    words = normal(text).split()
    return [word for word in words if word not in _EMPTY] or words
