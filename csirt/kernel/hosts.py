"""Names of hosts: one written form, and which of them anybody may have a mailbox at."""

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tldextract

MARKS = "\u0300-\u036f"
"""Combining accents: letters of a label in text that is not NFC."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PUBLIC_MAIL = _words(
    "gmail.com googlemail.com outlook.com outlook.fr hotmail.com hotmail.fr live.com live.fr"
    " msn.com yahoo.com yahoo.fr ymail.com icloud.com me.com mac.com aol.com aol.fr gmx.com gmx.fr"
    " gmx.net gmx.de web.de mail.com mail.ru yandex.com yandex.ru proton.me protonmail.com"
    " protonmail.ch pm.me tutanota.com tutanota.de tuta.io tuta.com orange.fr wanadoo.fr free.fr"
    " sfr.fr neuf.fr cegetel.net bbox.fr numericable.fr laposte.net aliceadsl.fr club-internet.fr"
    " voila.fr dbmail.com cock.li mailo.com mailfence.com zohomail.com zohomail.eu"
)
"""Domains where anybody has a mailbox: the address is an observable, the domain is not."""

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_UNICODE_LABEL = re.compile(rf"[\w{MARKS}](?:[\w{MARKS}-]{{0,61}}[\w{MARKS}])?")


@lru_cache(maxsize=1)
def suffixes() -> "tuple[tldextract.TLDExtract, frozenset[str]]":
    """Return the public suffixes shipped with tldextract (no network, no cache on disk)."""
    import tldextract

    extract = tldextract.TLDExtract(
        suffix_list_urls=(),
        cache_dir=None,
        extra_suffixes=("example", "test", "invalid", "onion"),
    )
    last = {suffix.rpartition(".")[2].lower() for suffix in extract.tlds}
    return extract, frozenset(s if s.isascii() else _punycode(s) for s in last)


def is_registrable(name: str) -> bool:
    """Return whether *name* (lower case, punycode) is somebody's: "mairie.fr", and not "gouv.fr"."""
    found = suffixes()[0](name, include_psl_private_domains=True)
    return bool(found.domain and found.suffix)


def to_ascii(written: str) -> str | None:
    """Return a host name in lower case and punycode, or None if it can be none.

    ``Régie-Eau.fr`` gives ``xn--rgie-eau-b1a.fr``. The labels are normalised (NFKC, lower case)
    as UTS 46 does without transition: ``ß`` stays itself.
    """
    name = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", written).lower())
    labels = []
    for label in name.split("."):
        if not label.isascii() and not _UNICODE_LABEL.fullmatch(label):
            return None
        plain = label if label.isascii() else _punycode(label)
        if not _LABEL.fullmatch(plain):
            return None
        labels.append(plain)
    value = ".".join(labels)
    return value if len(value) <= 253 else None


def _punycode(label: str) -> str:
    return "xn--" + label.encode("punycode").decode("ascii")


def is_public_mail(domain: str) -> bool:
    """Return whether *domain* is, or is under, one where anybody may have a mailbox."""
    labels = domain.split(".")
    return any(".".join(labels[n:]) in PUBLIC_MAIL for n in range(len(labels) - 1))
