"""Words as the search compares them: without accents, by a light French stem.

Both engines keep and ask for what comes out of here, so that both give the same hits. The stem is
made to bring together what a person would (``chiffré``, ``chiffrés``, ``chiffrement``), not to be a
word; what it joins too much only adds hits. Plain Python, linear in the length of a text.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

WORD = re.compile(r"[^\W_]+")
MOST = 6_000  # different words kept of one case: with the next, what PostgreSQL takes (1 MB)
_LONGEST = 40  # characters compared of one word
_AROUND = 90  # characters shown before the first word found, and twice as many after it

_STOP = (
    "ai aie ait alors apres as au aucun aussi autre aux avait avant avec avez avoir avons car ce"
    " ceci cela celle celui ces cet cette chez ci comme comment contre dans de depuis des donc dont"
    " du elle elles en encore entre es est et etaient etait ete etes etre eu fait faire faut il ils"
    " je la le les leur leurs lui ma mais me meme mes moi mon ne ni nos notre nous on ont ou par pas"
    " pour qu quand que quel quelle qui sa sans se ses si son sont sous sur ta te tes tout tous tres"
    " tu un une vers vos votre vous vont y an and are at be by for from in is it of or our that the"
    " this to was we were with you your"
)
STOP = frozenset(_STOP.split())
_SAME = {"st": "saint", "ste": "sainte", "cie": "compagnie"}
# What a word may end with once its plural is gone, and how many letters must be left.
_ENDINGS = sorted(
    {
        "issement": 3, "ement": 3, "ateur": 3, "atrice": 3, "ation": 3, "abilite": 3, "ibilite": 3,
        "eur": 3, "euse": 3, "ite": 4, "able": 4, "ible": 4, "ance": 4, "ence": 4, "ive": 4, "if": 4,
        "ique": 4, "iste": 4, "ante": 4, "ant": 4, "age": 4, "aient": 4, "ait": 4, "ent": 4,
        "ee": 3, "er": 3, "ez": 3, "ir": 4, "e": 3,
    }.items(),
    key=lambda ending: -len(ending[0]),
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A stretch of an excerpt; ``found``: it is what was asked for."""

    text: str
    found: bool = False


def fold(word: str) -> str:
    """Return *word* in lower case, without accents: letters and digits only."""
    plain = word.casefold().replace("œ", "oe").replace("æ", "ae")
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFD", plain) if c.isalnum())
    return plain


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return what *word* has in common with its plural, its feminine and its relatives."""
    word = fold(word)[:_LONGEST]
    word = _SAME.get(word, word)
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    if word.endswith("aux") and not word.endswith("eaux"):
        word = f"{word[:-2]}l"
    elif word[-1] in "sx":
        word = word[:-1]
    for ending, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word[: -len(ending)]
            break
    else:
        if word.endswith(("sion", "tion")) and len(word) > 6:
            word = word[:-3]
    if word.endswith("qu"):
        return f"{word[:-2]}c"
    if word.endswith("y"):
        return f"{word[:-1]}i"
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def words(texts: Iterable[str]) -> list[str]:
    """Return the stems of *texts*, each once, in their order; without what every text has."""
    found: dict[str, None] = {}
    for text in texts:
        for match in WORD.finditer(unicodedata.normalize("NFC", text)):
            if len(match[0]) > 1 and fold(match[0]) not in STOP:
                found[stem(match[0])] = None
    found.pop("", None)
    return list(found)


def excerpt(
    text: str, wanted: Collection[str], spans: Sequence[tuple[int, int]] = ()
) -> list[Piece]:
    """Return the part of *text* around the first of the *wanted* stems, what is wanted apart.

    *spans* are places in *text* that count as found as well. Empty when nothing is found.
    """
    hits = sorted(
        [*spans, *(m.span() for m in WORD.finditer(text) if len(m[0]) > 1 and stem(m[0]) in wanted)]
    )
    if not hits:
        return []
    begin, finish = _bounds(text, *hits[0])
    pieces = [Piece("… ")] if begin else []
    at = begin
    for start, end in hits:
        if start < at or end > finish:
            continue
        pieces += [Piece(text[at:start]), Piece(text[start:end], found=True)]
        at = end
    pieces.append(Piece(text[at:finish] + (" …" if finish < len(text) else "")))
    return [piece for piece in pieces if piece.text]


def _bounds(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where an excerpt around ``text[start:end]`` begins and ends: between two words."""
    begin, finish = max(0, start - _AROUND), min(len(text), end + 2 * _AROUND)
    if begin:
        blank = text.find(" ", begin, start)
        begin = blank + 1 if blank >= 0 else begin
    if finish < len(text):
        blank = text.rfind(" ", end, finish)
        finish = blank if blank >= 0 else finish
    return begin, finish
