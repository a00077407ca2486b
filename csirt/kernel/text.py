"""Text that comes from outside, and addresses that must not be clicked.

``clean`` is the one normalisation between what somebody typed and what is stored. It is
idempotent, and it changes nothing but this:

=========================================================  =====================================
in the text                                                becomes
=========================================================  =====================================
two surrogates that make a pair                            the character they stand for
a lone surrogate                                           U+FFFD (it has no UTF-8 form)
CR LF, CR, NEL, VT, FF, U+2028, U+2029                     LF
NUL and the other C0 and C1 controls, DEL; not TAB and LF  removed (PostgreSQL refuses NUL)
U+202A-202E, U+2066-2069 (direction forced)                removed: they only serve to deceive
U+FEFF, U+FFF9-FFFB (byte order mark, annotations)         removed
more than 30 combining marks in a row                      the first 30 (Stream-Safe, UAX #15)
everything                                                 NFC
=========================================================  =====================================

Direction marks (U+200E, U+200F, U+061C), joiners (U+200C, U+200D) and zero-width spaces stay:
Arabic, Persian and emoji need the first two, and the last is a trace of how an address was
hidden. Spaces, case and everything else stay as they were typed.
"""

import re
import unicodedata
from functools import cache

MAX_MARKS = 30
"""Combining marks kept in a row. Normalising n of them takes n*n steps; 30 is UAX #15's bound."""

_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONE = re.compile("[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]")
_BLANKS = re.compile(r"[\t\n ]+")


@cache
def _long_run() -> re.Pattern[str]:
    """Return what finds too many characters that combine, in a row."""
    # No character beyond these planes has a combining class: Unicode 15 ends them at U+1E94A.
    points = [point for point in range(0x20000) if unicodedata.combining(chr(point))]
    ranges: list[list[int]] = []
    for point in points:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    marks = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile(f"([{marks}]{{{MAX_MARKS}}})[{marks}]+")


_SUSPECT = re.compile(f"[\u0300-\U0010ffff]{{{MAX_MARKS + 1}}}")


def clean(text: str) -> str:
    """Return *text* as it is stored: see the table at the top of this module.

    Linear in the length of *text*. Never raises. ``clean(clean(t)) == clean(t)``.
    """
    if _SURROGATE.search(text):
        text = _LONE.sub("\ufffd", text)
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    text = _DROPPED.sub("", _NEWLINES.sub("\n", text))
    if text.isascii():
        return text
    # Composing may lengthen a run (U+0344 is two marks), hence the second cut.
    return _cut(unicodedata.normalize("NFC", _cut(text)))


def clean_line(text: str) -> str:
    """Return *text* cleaned, on one line: line feeds, tabs and runs of spaces become a space."""
    return _BLANKS.sub(" ", clean(text)).strip()


def _cut(text: str) -> str:
    return _long_run().sub(r"\1", text) if _SUSPECT.search(text) else text


_SCHEME = re.compile(r"^([a-z][a-z0-9+-]{0,30})((?::|\[:\])(?://)?)", re.IGNORECASE)
_BARE_DOT = re.compile(r"(?<!\[)\.(?!\])")
_BARE_AT = re.compile(r"(?<!\[)@(?!\])")
_BARE_COLON = re.compile(r"(?<!\[):(?!\])")


def defang(value: str) -> str:
    """Return the address *value* (URL, domain, e-mail, IP) in a form that no program links.

    ``http`` becomes ``hxxp``, ``ftp`` ``fxp``, any other scheme loses its colon
    (``javascript[:]``); each dot of the host ``[.]``, the at sign ``[@]``, the colons of an IPv6
    address ``[:]``. The path of a URL stays as it is. ``defang(defang(v)) == defang(v)``, and the
    extraction of observables reads the result back as *value*.
    """
    scheme = _SCHEME.match(value)
    if scheme and scheme[2].endswith("//"):
        name = re.sub("^http", "hxxp", scheme[1], flags=re.IGNORECASE)
        name = re.sub("^ftp", "fxp", name, flags=re.IGNORECASE)
        known = name.lower().startswith(("hxxp", "fxp"))
        rest = value[scheme.end() :]
        host = re.match(r"[^/?#]*", rest)
        end = host.end() if host else 0
        return f"{name}{'://' if known else '[:]//'}{_defang_host(rest[:end])}{rest[end:]}"
    if value.count(":") >= 2 and re.fullmatch(r"[0-9a-fA-F:.%/\[\]]+", value):
        return _BARE_COLON.sub("[:]", _defang_host(value))
    if scheme and not re.match(r"\d", value[scheme.end() :]):
        return f"{scheme[1]}[:]{_defang_host(value[scheme.end() :])}"
    return _defang_host(value)


_ADDRESS = re.compile(
    r"""(?:[a-z][a-z0-9+-]{0,30}://|www\.)[^\s<>"']+|[^\s<>"'@]{1,64}@[^\s<>"'@]+\.[^\s<>"'@]+""",
    re.IGNORECASE,
)


def defang_within(text: str) -> str:
    """Return running *text* with the URLs and e-mail addresses in it defanged, all else as it is.

    A bare domain stays: a page links none, and "M.Martin" must stay readable.
    """
    return _ADDRESS.sub(lambda found: defang(found[0]), text)


def _defang_host(host: str) -> str:
    return _BARE_AT.sub("[@]", _BARE_DOT.sub("[.]", host))
