"""Searches for values that their form or checksum proves: hashes, wallets, accounts, devices."""

import re

from .checks import as_hash, as_iban, as_imei, as_wallet
from .page import Page
from .phones import e164
from .types import ObservableType

_BLANK = r"[ \u00a0\u202f]"
WORD = re.compile(r"[0-9A-Za-z](?<![^\W_].)[0-9A-Za-z]{24,127}+(?![^\W_]|[.@-][^\W_]|@)")
IBAN = re.compile(
    rf"[A-Za-z](?<![^\W_].)[A-Za-z][0-9]{{2}}(?:(?:{_BLANK}|-)?[0-9A-Za-z]){{11,40}}+"
)
IMEI = re.compile(
    r"[0-9](?<![\w.+-].)(?:[0-9]{14}|[0-9][ -][0-9]{6}[ -][0-9]{6}[ -][0-9]"
    r"|[0-9]{5}[ -][0-9]{2}[ -][0-9]{6}[ -][0-9])(?![\w-]|[.,][0-9])"
)
MAC = re.compile(
    r"[0-9A-Fa-f](?<![\w:.-].)(?:[0-9A-Fa-f]([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"
    r"|[0-9A-Fa-f]{3}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![\w:-]|\.\w)"
)
CVE = re.compile(
    r"[cC](?<![^\W_].)(?i:ve)[-_ \u2010-\u2013]?([0-9]{4})[-\u2010-\u2013]([0-9]{4,7})(?!\w)"
)
ASN = re.compile(r"AS(?<![\w.-]AS)(?:N[ :]{0,2})?([1-9][0-9]{2,9})(?![\w.-]*\w)")
_AS400 = "400"
_NOT_DIGITS = re.compile(r"[^0-9a-f]")


def look_at_word(page: Page, match: re.Match[str]) -> bool:
    """A long word: a hash or a wallet."""
    proven = as_hash(match[0]) or as_wallet(match[0])
    if proven:
        page.take(match.start(), match.end())
        page.add(*proven, match.start(), match.end())
    return True


def look_at_iban(page: Page, match: re.Match[str]) -> bool:
    """A bank account."""
    proven = as_iban(match[0].upper())
    if proven:
        value, size = proven
        page.take(match.start(), match.start() + size)
        page.add(ObservableType.IBAN, value, match.start(), match.start() + size)
    return True


def look_at_imei(page: Page, match: re.Match[str]) -> bool:
    """A mobile telephone."""
    value = as_imei(match[0])
    if value:
        page.take(match.start(), match.end())
        page.add(ObservableType.IMEI, value, match.start(), match.end())
    return True


def look_at_mac(page: Page, match: re.Match[str]) -> bool:
    """A network card. Twelve digits with hyphens or dots are a date or a number."""
    digits = _NOT_DIGITS.sub("", match[0].lower())
    if (match[1] != ":" and digits.isdigit()) or len(set(digits)) == 1:
        return True
    page.take(match.start(), match.end())
    value = ":".join(digits[n : n + 2] for n in range(0, 12, 2))
    page.add(ObservableType.MAC, value, match.start(), match.end())
    return True


def look_at_phone(page: Page, match: re.Match[str]) -> bool:
    """A telephone number, unless it is the victim's."""
    value = e164(match[0])
    if value:
        page.take(match.start(), match.end())
        if not page.own.has_phone(value):
            page.add(ObservableType.PHONE, value, match.start(), match.end())
    return True


def look_at_cve(page: Page, match: re.Match[str]) -> bool:
    """A vulnerability."""
    if 1999 <= int(match[1]) <= 2099:
        value = f"CVE-{match[1]}-{match[2]}"
        page.add(ObservableType.CVE, value, match.start(), match.end())
    return True


def look_at_asn(page: Page, match: re.Match[str]) -> bool:
    """An autonomous system. "AS400" is a computer."""
    if match[1] != _AS400 and int(match[1]) < 1 << 32:
        page.add(ObservableType.ASN, f"AS{match[1]}", match.start(), match.end())
    return True
