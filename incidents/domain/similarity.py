"""Which texts are alike: trigrams counted as pg_trgm does, and bands that find those worth comparing.

Two texts are alike when their trigrams are the same in ``ALIKE`` of all that either has (Jaccard).
Comparing with every text known would cost more with each; so a text has a signature of 60 minima
(MinHash: Broder, 1997) cut in 20 bands of 3, and only texts with a band in common are compared. A
pair that is alike at 0.6 has one in 99 of 100 cases, at 0.7 in 999 of 1,000.

The bands are stored: another way to make them finds nothing among the old ones.
"""

import re
from hashlib import blake2b
from unicodedata import combining, normalize

ALIKE = 0.6
FEWEST = 64  # trigrams, a dozen words: below that, everybody's words are alike
LONGEST = 2_000  # characters compared, the first ones: a hostile text costs what a long one costs
BANDS, ROWS = 20, 3

_HEADERS = (
    "from|de|to|à|cc|cci|bcc|date|sent|envoyé|subject|objet|reply-to|répondre à|return-path"
    "|received|received-spf|delivered-to|message-id|in-reply-to|references|mime-version"
    "|authentication-results|dkim-signature|content-[a-z-]+|x-[a-z-]+|arc-[a-z-]+|list-[a-z-]+"
)
_HEADER = re.compile(
    rf"^[>*\t ]*(?:{_HEADERS})[*\xa0 ]*:.*(?:\n[\t ]+\S.*)*", re.IGNORECASE | re.MULTILINE
)
_WORD = re.compile(r"[^\W_]+")


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


_MASKS = tuple(_number(f"permutation {number}") for number in range(BANDS * ROWS))


def words(text: str) -> list[str]:
    """Return the words of *text* in lower case and without accents."""
    spelled = normalize("NFKD", text.lower())[: 2 * LONGEST]
    plain = "".join(one for one in spelled if not combining(one))
    return _WORD.findall(plain)


def trigrams(text: str) -> frozenset[str]:
    """Return the trigrams of *text*: those of each of its words, two spaces before, one after.

    Headers of mails that are quoted in it are left out: they are alike in every mail.
    """
    padded = "  " + "  ".join(words(_HEADER.sub("", text)[:LONGEST])) + " "
    found = {padded[at : at + 3] for at in range(len(padded) - 2)}
    return frozenset(one for one in found if not one.endswith("  "))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how alike two texts are, from 0 to 1, by their trigrams; 0 when either is too short."""
    if min(len(one), len(other)) < FEWEST:
        return 0.0
    common = len(one & other)
    return common / (len(one) + len(other) - common)


def bands(found: frozenset[str]) -> list[int]:
    """Return the bands of a text by its trigrams: 20 signed 64-bit numbers; none when too short."""
    if len(found) < FEWEST:
        return []
    hashes = [_number(one) for one in found]
    minima = [min(map(mask.__xor__, hashes)) for mask in _MASKS]
    return [
        _number(f"{band}:{minima[band * ROWS : (band + 1) * ROWS]}") - 2**63
        for band in range(BANDS)
    ]
