"""Secrets of programs: ``<word>_<prefix>_<secret>``, of which the prefix finds a row and opens nothing.

The secret has 256 bits, so that a plain SHA-256 of it is as good as any slow hash, and far quicker.
"""

import hashlib
import re
import secrets

_FORM = re.compile(r"([a-z]+)_([0-9a-f]{10})_([0-9a-f]{64})")
NOBODY = "0" * 64  # a digest that no secret has, to compare with when there is no row


def new(word: str) -> tuple[str, str, str]:
    """Return the text to show once, and the prefix and the digest to keep."""
    prefix, secret = secrets.token_hex(5), secrets.token_hex(32)
    return f"{word}_{prefix}_{secret}", prefix, digest_of(secret)


def digest_of(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read(word: str, text: str) -> tuple[str, str] | None:
    """Return the prefix and the digest of a text that begins with *word*; None for any other."""
    found = _FORM.fullmatch(text)
    return (found[2], digest_of(found[3])) if found and found[1] == word else None
