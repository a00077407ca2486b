"""A text being read: what was found in it, and which parts are taken."""

import re
from collections.abc import Callable

from .own import Own
from .refang import is_plain, refang
from .types import Found, ObservableType

MAX_FINDS = 1_000
"""Different values that come out of one text."""
MAX_TRIES = 10_000
"""Candidates that one search looks at in one text; most searches count a repeated one once."""
MAX_PROOFS = 2_000
"""The same, where a candidate costs a checksum."""


class Page:
    """Plain text (defanging undone), the finds so far, and the characters they took.

    The searches run from the most telling form to the least, each on what the ones before left:
    a host inside a URL is not looked for again, an IBAN is no telephone number.
    """

    def __init__(self, written: str, own: Own) -> None:
        self.written = written
        self.refanged = refang(written)
        self.text = self.refanged.text
        self.alone = self.text.strip()
        self.own = own
        self.finds: dict[tuple[ObservableType, str], Found] = {}
        self._taken = bytearray(len(self.text))

    def take(self, start: int, end: int) -> None:
        """Keep the searches that follow away from ``text[start:end]``."""
        self._taken[start:end] = b"\1" * (end - start)

    def is_free(self, start: int, end: int) -> bool:
        """Return whether nothing in ``text[start:end]`` is taken."""
        return self._taken.find(1, start, end) < 0

    def add(
        self,
        kind: ObservableType,
        value: str,
        start: int,
        end: int,
        *,
        internal: bool = False,
    ) -> None:
        """Note a find standing at ``text[start:end]``; of equal ones the first in the text stays.

        A value that still reads as defanged was nested on purpose and is no address: left out.
        """
        key = (kind, value)
        known = self.finds.get(key)
        if known is None and not is_plain(value):
            return
        first, last = self.refanged.span(start, end)
        if known is not None and known.start <= first:
            return
        self.finds[key] = Found(
            type=kind,
            value=value,
            as_written=self.written[first:last],
            start=first,
            end=last,
            internal=internal,
            holds_own=self.own.is_in(value),
        )

    def search(
        self,
        pattern: re.Pattern[str],
        look: Callable[["Page", re.Match[str]], bool],
        *,
        tries: int = MAX_TRIES,
    ) -> None:
        """Show each free match of *pattern* to *look*, as long as there are *tries* left.

        A search that found ``MAX_FINDS`` stops: it reads in order, so no more can come out.

        *look* returns whether its answer holds for every occurrence of the same characters before
        the same kind of character (a path or a port may follow), so that repeated ones cost
        nothing.
        """
        settled: set[tuple[str, bool]] = set()
        enough = len(self.finds) + MAX_FINDS
        for match in pattern.finditer(self.text):
            word = (match[0], self.text[match.end() : match.end() + 1] in (":", "/"))
            if word in settled or not self.is_free(match.start(), match.end()):
                continue
            if look(self, match):
                settled.add(word)
            tries -= 1
            if tries == 0 or len(self.finds) >= enough:
                return
