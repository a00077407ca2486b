"""Undo defanging, and remember where each character stood.

``hxxps://evil[.]example``, ``contact [at] evil (dot) example``, ``evil point com slash login``
become what they mean; the searches then run on plain text, and ``Refanged.span`` gives the
place in the text as it was written.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from .words import NOT_BEFORE_POINT, SPOKEN_SUFFIXES

MAX_MARKS = 50_000
"""Marks of defanging of one kind that are undone in one text; no honest report has so many."""
MAX_SPOKEN = 2_000
"""The same for addresses that are spelled out."""

# Each begins with a character or a class, and looks behind only after it: the engine then skips
# to the next candidate at once instead of trying every position.
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060-\u2064\u00ad\ufeff\u202a-\u202e\u2066-\u2069]++")
_WIDE = re.compile(r"[\uff0e\u3002\uff61\u2024\uff20\ufe6b]")
_BRACKETS = re.compile(
    r"[\[({<](?:"
    r"[ ]?(?:(?P<dot>\.|\uff0e|(?i:dot|point))|(?P<at>@|(?i:at|arobase|arobas)))[ ]?[\])}>]"
    r"[ ]?(?=[\w\[({])"
    r"|(?P<half>\.)(?<=\w..)(?=\w)"
    r"|(?P<colon>:)\](?<=[0-9a-fA-F:\]]...)"
    r"|(?P<slash>/)\](?<=\w...)(?=\w))"
)
_HALF = re.compile(r"\.\](?<=\w..)(?=\w)")
_COLON = re.compile(
    r"[:\[(\uff1a](?:(?:(?<=\[):\]?|(?<=\():\)|(?<=[:\uff1a]))"
    r"(?:[ ]?[\[(]?[/\\\uff0f][\])]?){2}\]?|(?<=\[)://\])"
)
_SCHEME_BEFORE = re.compile(
    r"(?<![^\W_])(?:(?P<http>h(?:tt|xx|\*\*|__|--|##)p|meow)|(?P<ftp>f[tx]p)|sftp|ws)(?P<s>s?)$",
    re.IGNORECASE,
)

_BLANK = r"[ \t\u00a0\u202f]"
_SPOKEN = re.compile(
    rf"[\w.-](?<![\w.@-].)[\w.-]{{0,99}}+"
    rf"(?:{_BLANK}(?i:dot|point|slash|arobase|arobas|at|tiret){_BLANK}[\w.-]{{1,63}}+){{1,8}}+"
)
_SPOKEN_SEPARATOR = re.compile(
    rf"{_BLANK}(dot|point|slash|arobase|arobas|at|tiret){_BLANK}", re.IGNORECASE
)
_MEANS = {"dot": ".", "half": ".", "at": "@", "colon": ":", "slash": "/"}
_SPOKEN_AS = {"dot": ".", "point": ".", "slash": "/", "tiret": "-"}


@dataclass(frozen=True, slots=True)
class Refanged:
    """Plain text, and for each piece of it the place it came from."""

    text: str
    _here: list[int]
    _there: list[int]
    _sizes: list[int]
    _verbatim: list[bool]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where ``self.text[start:end]`` (not empty) stands in the text as written."""
        first = bisect_right(self._here, start) - 1
        last = bisect_right(self._here, end - 1) - 1
        begin = self._there[first]
        if self._verbatim[first]:
            begin += start - self._here[first]
        finish = self._there[last] + self._sizes[last]
        if self._verbatim[last]:
            finish = self._there[last] + end - self._here[last]
        return begin, finish

    def was_defanged(self, start: int, end: int) -> bool:
        """Return whether something inside ``self.text[start:end]`` was written defanged."""
        first = bisect_right(self._here, start) - 1
        last = bisect_left(self._here, end)
        return any(not verbatim for verbatim in self._verbatim[first:last])


def refang(text: str) -> Refanged:
    """Return *text* without defanging. Linear in its length."""
    replacements = sorted([*_written(text), *_spoken(text)])
    if not replacements:
        return Refanged(text, [0], [0], [len(text)], [True])
    pieces: list[str] = []
    here: list[int] = []
    there: list[int] = []
    sizes: list[int] = []
    verbatim: list[bool] = []
    length = at = 0
    for first, end, replacement in [*replacements, (len(text), len(text), "")]:
        # "[.] [.]": the blank between them belongs to the first.
        start = at if first == at - 1 and end > at else first
        if start < at:
            continue
        for piece, place, size in (
            (text[at:start], at, start - at),
            (replacement, start, end - start),
        ):
            if piece:
                pieces.append(piece)
                here.append(length)
                there.append(place)
                sizes.append(size)
                verbatim.append(place == at and size == len(piece) and piece is not replacement)
                length += len(piece)
        at = end
    return Refanged("".join(pieces), here, there, sizes, verbatim)


def is_plain(value: str) -> bool:
    """Return whether nothing in *value* reads as defanged."""
    return next(_written(value), None) is None


def _written(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the marks of defanging: first character, end, what they stand for."""
    if not text.isascii():
        for mark in islice(_INVISIBLE.finditer(text), MAX_MARKS):
            yield mark.start(), mark.end(), ""
        for mark in islice(_WIDE.finditer(text), MAX_MARKS):
            yield mark.start(), mark.end(), "@" if mark[0] in "\uff20\ufe6b" else "."
    for mark in islice(_BRACKETS.finditer(text), MAX_MARKS):
        start = mark.start()
        if (mark["dot"] or mark["at"]) and start and text[start - 1] == " ":
            start -= 1
        yield start, mark.end(), _MEANS[mark.lastgroup or ""]
    for mark in islice(_HALF.finditer(text), MAX_MARKS):
        yield mark.start(), mark.end(), "."
    for mark in islice(_COLON.finditer(text), MAX_MARKS):
        scheme = _SCHEME_BEFORE.search(text[max(0, mark.start() - 8) : mark.start()])
        if scheme:
            start = mark.start() - len(scheme[0])
            plain = f"{_scheme(scheme)}://"
            if plain != text[start : mark.end()]:
                yield start, mark.end(), plain


def _scheme(match: re.Match[str]) -> str:
    secure = match["s"].lower()
    if match["http"]:
        return f"http{secure}"
    return f"ftp{secure}" if match["ftp"] else match[0].lower()


def _spoken(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the separators of addresses that are spelled out: ``nom point fr slash login``."""
    for chain in islice(_SPOKEN.finditer(text), MAX_SPOKEN):
        marks = list(_SPOKEN_SEPARATOR.finditer(chain[0]))
        words = _words(chain[0], marks)
        while marks and not _is_address([m[1].lower() for m in marks], words):
            marks.pop()
            words.pop()
        for mark in marks:
            plain = _SPOKEN_AS.get(mark[1].lower(), "@")
            yield chain.start() + mark.start(), chain.start() + mark.end(), plain


def _words(chain: str, marks: list[re.Match[str]]) -> list[str]:
    starts = [0, *(mark.end() for mark in marks)]
    ends = [*(mark.start() for mark in marks), len(chain)]
    return [chain[start:end] for start, end in zip(starts, ends, strict=True)]


def _is_address(marks: list[str], words: list[str]) -> bool:
    """Return whether these words, so joined, can only be an address.

    A spelled dot must lead to a suffix that people spell ("point fr", "dot example") and that is
    no word of a sentence: "au point de", "un point sur" stay as they are.
    """
    if "slash" in marks:
        first = marks.index("slash")
        if not set(marks[first:]) <= {"slash", "dot", "point", "tiret"}:
            return False
        marks, words = marks[:first], words[: first + 1]
    ats = [n for n, mark in enumerate(marks) if mark.startswith(("at", "arobas"))]
    if len(ats) > 1:
        return False
    if ats:
        host_marks, host = marks[ats[0] + 1 :], words[ats[0] + 1 :]
        spelled = "arobas" in marks[ats[0]] or "dot" in host_marks or "point" in host_marks
        return spelled and _last_label(host[-1]) in SPOKEN_SUFFIXES
    if not ({"dot", "point"} & set(marks)) or marks[-1] == "tiret":
        return False
    return _last_label(words[-1]) in SPOKEN_SUFFIXES and words[0].lower() not in NOT_BEFORE_POINT


def _last_label(word: str) -> str:
    return word.rstrip(".-").rpartition(".")[2].lower()
