"""Form tokens, tracking codes and public references (DESIGN.md section 5).

A *reference* (``OCC-7F3K-Q2``) may be said on the phone and opens nothing. A *tracking code* is the
victim's secret: 23 symbols of Crockford's base32 (115 bits) and one check symbol, written in groups
of four. The code is derived from the form's token, so that a retry shows the same code although
it is stored nowhere.
"""

import hashlib
import hmac
import re
import secrets
from uuid import UUID, uuid4

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
CODE_SYMBOLS = 23
REFERENCE_SYMBOLS = 6
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})
_TOKEN = re.compile(r"[0-9a-f]{32}")


class BadCode(ValueError):
    """The text is not a tracking code: wrong length, unknown symbol, or the check fails."""


def new_token() -> str:
    """Return a random 128-bit form token, 32 hexadecimal digits."""
    return secrets.token_hex(16)


def is_token(text: str) -> bool:
    """Tell whether *text* has the form of a form token."""
    return _TOKEN.fullmatch(text) is not None


def idempotency(token: str) -> str:
    """Return what is stored of a form token: its SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def once(token: str, *said: object) -> UUID:
    """Return the identifier of what one form said: the same words under the same *token* are one.

    Of a text that is no token it is a random one.
    """
    if not is_token(token):
        return uuid4()
    return UUID(idempotency("|".join(map(str, (token, *said))))[:32])


def _times_alpha(value: int) -> int:
    """Multiply by x in GF(32) = GF(2)[x]/(x^5 + x^2 + 1)."""
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value


def _check_value(symbols: str) -> int:
    """Sum of d_i * x^i by Horner: finds every wrong symbol and every swap of two of them."""
    total = 0
    for symbol in symbols:
        total = _times_alpha(total ^ _VALUE[symbol])
    return total


def _symbols(raw: bytes, count: int) -> str:
    number = int.from_bytes(raw, "big") >> (len(raw) * 8 - count * 5)
    return "".join(ALPHABET[(number >> (5 * i)) & 31] for i in reversed(range(count)))


def tracking_code(token: str, key: bytes) -> str:
    """Return the 24-symbol code of the form *token*, ungrouped.

    ``base32(HMAC-SHA256(key, "track|" + token))`` cut to 115 bits, plus its check symbol.
    """
    raw = hmac.new(key, b"track|" + token.encode(), hashlib.sha256).digest()
    body = _symbols(raw, CODE_SYMBOLS)
    return body + ALPHABET[_check_value(body)]


def random_code() -> str:
    """Return a fresh 24-symbol code, for a re-issue after a call-back."""
    body = _symbols(secrets.token_bytes(16), CODE_SYMBOLS)
    return body + ALPHABET[_check_value(body)]


def grouped(code: str) -> str:
    """Write a code for a person: groups of four, joined by hyphens."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def symbols(text: str) -> str:
    """Return the symbols of what a person typed: no space or hyphen, capitals, I, L and O read."""
    return re.sub(r"[\s\-‐-―._]+", "", text).upper().translate(_MISREAD)


def parse_code(text: str) -> str:
    """Return the 24 symbols of what a person typed.

    Spaces, hyphens and case do not matter; I and L read as 1, O as 0. Raises ``BadCode`` without
    any look-up when a symbol was mistyped.
    """
    found = symbols(text)
    if len(found) != CODE_SYMBOLS + 1 or not set(found) <= set(ALPHABET):
        raise BadCode(text[:3])
    if ALPHABET[_check_value(found[:-1])] != found[-1]:
        raise BadCode(text[:3])
    return found


def code_digest(code: str, pepper: bytes) -> str:
    """Return what is stored of a tracking code: HMAC-SHA256(pepper, code), hexadecimal."""
    return hmac.new(pepper, code.encode(), hashlib.sha256).hexdigest()


def new_reference(prefix: str) -> str:
    """Return a random public reference such as ``OCC-7F3K-Q2`` (30 bits; unique by constraint)."""
    body = _symbols(secrets.token_bytes(4), 6)
    return f"{prefix}-{body[:4]}-{body[4:]}"
