"""Values that prove themselves: checksums of wallets, IBAN, IMEI, and the form of hashes."""

import hashlib
import re

from stdnum import iban as stdnum_iban
from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.fr import nir

from .types import ObservableType

_BASE58 = {c: n for n, c in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}
_BECH32 = {c: n for n, c in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_POLYMOD = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CONST = 1
_BECH32M_CONST = 0x2BC830A3
_HASHES = {
    32: ObservableType.MD5,
    40: ObservableType.SHA1,
    64: ObservableType.SHA256,
    128: ObservableType.SHA512,
}
_HEX = re.compile(r"[0-9a-fA-F]+")
_ETH = re.compile(r"0[xX][0-9a-fA-F]{40}")
# 95 symbols: an address (4) or a subaddress (8); 106: an integrated address.
_MONERO = re.compile(r"[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}|4[0-9A-J][1-9A-HJ-NP-Za-km-z]{104}")
# GSMA's reporting bodies: the first two digits of an IMEI are one of these.
_IMEI_BODIES = re.compile("01|10|30|33|35|44|45|49|5[0-4]|86|91|9[89]")


def as_hash(word: str) -> tuple[ObservableType, str] | None:
    """Return the type and canonical form (lower case) of a hash, or None.

    A run of digits alone, or of five different symbols or fewer, is padding, not a hash.
    """
    kind = _HASHES.get(len(word))
    if kind is None or not _HEX.fullmatch(word) or word.isdigit():
        return None
    value = word.lower()
    return (kind, value) if len(set(value)) > 5 else None


def as_wallet(word: str) -> tuple[ObservableType, str] | None:
    """Return the type and canonical form of a wallet's address, or None.

    Bitcoin: Base58Check or Bech32/Bech32m (BIP 173, BIP 350) checksum verified. Ethereum and
    Monero: prefix, alphabet and length; their checksums need Keccak, which Python does not ship.
    """
    if word[:3].lower() == "bc1":
        return (ObservableType.BTC, word.lower()) if _is_segwit(word) else None
    if 26 <= len(word) <= 35 and word[0] in "13":
        return (ObservableType.BTC, word) if _is_base58check(word) else None
    if _ETH.fullmatch(word) and len(set(word)) > 6:
        return ObservableType.ETH, word.lower()
    if _MONERO.fullmatch(word) and len(set(word)) > 12:
        return ObservableType.MONERO, word
    return None


def _is_base58check(word: str) -> bool:
    number = 0
    for symbol in word:
        digit = _BASE58.get(symbol)
        if digit is None:
            return False
        number = number * 58 + digit
    if number >= 1 << 200:
        return False
    raw = number.to_bytes(25, "big")
    if raw[0] not in (0x00, 0x05):
        return False
    leading = len(raw) - len(raw.lstrip(b"\0"))
    if len(word) - len(word.lstrip("1")) != leading:
        return False
    digest = hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()
    return digest[:4] == raw[21:]


def _is_segwit(word: str) -> bool:
    if word != word.lower() and word != word.upper():
        return False
    data = [_BECH32.get(symbol, -1) for symbol in word[3:].lower()]
    if not 14 <= len(word) <= 90 or -1 in data or len(data) < 8:
        return False
    check = 1
    for value in (3, 3, 0, 2, 3, *data):  # "bc", expanded as BIP 173 says
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for n, generator in enumerate(_POLYMOD):
            if top >> n & 1:
                check ^= generator
    version, program = data[0], data[1:-6]
    size, rest = divmod(len(program) * 5, 8)
    if version > 16 or rest > 4 or not 2 <= size <= 40:
        return False
    if program and rest and program[-1] & ((1 << rest) - 1):
        return False
    if version == 0:
        return check == _BECH32_CONST and size in (20, 32)
    return check == _BECH32M_CONST


def as_iban(written: str) -> tuple[str, int] | None:
    """Return the IBAN at the start of *written*, compact, and how far it goes; or None.

    *written* may run on into capital words or digits: the longest valid reading wins.
    """
    ends = [n for n, symbol in enumerate(written, 1) if symbol.isalnum()]
    for length in range(min(34, len(ends)), 14, -1):
        end = ends[length - 1]
        if end < len(written) and written[end].isalnum():
            continue
        compact = "".join(c for c in written[:end] if c.isalnum())
        number = int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4]))
        if number % 97 == 1 and _is_iban(compact):
            return compact, end
    return None


def _is_iban(compact: str) -> bool:
    try:
        stdnum_iban.validate(compact)
    except ValidationError:
        return False
    return True


def as_imei(written: str) -> str | None:
    """Return the 15 digits of an IMEI, or None.

    Luhn and the reporting body are checked; a social security number (NIR) is none.
    """
    digits = "".join(c for c in written if c in "0123456789")
    if len(digits) != 15 or not _IMEI_BODIES.match(digits) or len(set(digits)) < 4:
        return None
    return digits if luhn.is_valid(digits) and not nir.is_valid(digits) else None
