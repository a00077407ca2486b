"""What a client asks for: filters, how many, and where to read on (TAXII 2.1, section 3.4).

Lenient about how a timestamp is written, strict about everything else: a filter that was misread
would answer a question nobody asked. Parameters that TAXII does not know are ignored.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from urllib.parse import parse_qsl, urlencode

from api.taxii import moments
from api.taxii.answers import Refused

DEFAULT_LIMIT = 1000  # one page a tick is all that some clients read: this is their speed
MAX_LIMIT = 10_000
MAX_FIELDS = 20
FIRST, LAST, ALL = "first", "last", "all"
_SINGLE = {"limit", "added_after", "next"}

Filters = Mapping[str, tuple[str, ...]]


def _bad(what: str) -> Refused:
    return Refused(400, "Bad query", what)


@dataclass(frozen=True)
class Query:
    """A request for a page: at most ``limit`` of what was added later than ``after``.

    ``filters`` maps a match field to its values; ``version`` holds ``first``, ``last``, ``all`` or
    versions as they are stored. ``place`` names what is read, so that a ``next`` of one collection
    does not skip rows of another.
    """

    limit: int = DEFAULT_LIMIT
    after: int = -1
    filters: Filters = field(default_factory=dict)
    place: str = ""

    @classmethod
    def parse(cls, raw: bytes, *, fields: frozenset[str], place: str) -> Self:
        """Read a query string; only the match *fields* count. Raises ``Refused`` (400)."""
        given = _pairs(raw)
        after = -1
        if "added_after" in given:
            after = moments.milliseconds(_moment("added_after", given["added_after"]))
        matches = _matches(given, fields)
        if "next" in given:
            position, carried = _position(given["next"], place)
            after = max(after, position)
            matches = _matches(carried, fields) | matches
        return cls(_limit(given.get("limit")), after, matches, place)

    def next(self, added_at: int) -> str:
        """Return where to read on after a page whose last row was added at *added_at*.

        It carries the filters: OpenCTI's connector sends ``next`` and drops the rest. It is what a
        client says, so rights are looked up again and each part is read as strictly as a query.
        """
        filters = {f"match[{name}]": ",".join(self.filters[name]) for name in sorted(self.filters)}
        text = f"{self.place}.{added_at}.{urlencode(filters)}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _pairs(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise _bad("The query string is not UTF-8, or has too many parameters.") from error
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in _SINGLE and not name.startswith("match["):
            continue
        if name in given:
            raise _bad(f"{name[:40]} is given more than once.")
        if "\0" in value:
            raise _bad(f"{name[:40]} holds a NUL character.")
        given[name] = value
    return given


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit()) or not text.strip("0"):
        raise _bad("limit must be a whole number greater than zero.")
    digits = text.lstrip("0")
    return min(int(digits), MAX_LIMIT) if len(digits) <= len(str(MAX_LIMIT)) else MAX_LIMIT


def _moment(name: str, text: str) -> datetime:
    try:
        return moments.read(text)
    except ValueError as error:
        raise _bad(f"{name} must be a timestamp such as 2026-01-31T12:00:00.000Z.") from error


def _matches(given: Mapping[str, str], fields: frozenset[str]) -> dict[str, tuple[str, ...]]:
    return {name: _matched(name, given) for name in fields if f"match[{name}]" in given}


def _matched(name: str, given: Mapping[str, str]) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(given[f"match[{name}]"].split(",")))
    if "" in values:
        raise _bad(f"match[{name}] holds an empty value.")
    if name != "version":
        return values
    if ALL in values and len(values) > 1:
        raise _bad("match[version]=all stands alone.")
    return tuple(
        value
        if value in {FIRST, LAST, ALL}
        else moments.version(_moment("match[version]: first, last, all, or each", value))
        for value in values
    )


def _position(text: str, place: str) -> tuple[int, dict[str, str]]:
    """Return what a ``next`` says; 400 when it is not one of ours, or of another collection."""
    try:
        decoded = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", b"-_", validate=True).decode()
        here, number, filters = decoded.split(".", 2)
        position = int(number) if number.isascii() and number.isdigit() else -1
    except (binascii.Error, ValueError) as error:
        raise _bad("next is not one that this server gave.") from error
    carried = _pairs(filters.encode())
    if here != place or not 0 <= position <= moments.LAST or urlencode(carried) != filters:
        raise _bad("next is not one that this server gave for this collection.")
    return position, carried
