"""The settings in force, read once a second at most by each process.

Whoever changes one sees it at once; other processes within that second. Without a database, what
was known last still holds.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, InterfaceError

from csirt.directory.models import DeskSetting
from csirt.reference.reading import no_map

FRESH = 1.0  # seconds
AWAY = 5.0


@dataclass(frozen=True)
class Known:
    """The values in force by name, and the row that was written last."""

    last: int = 0
    values: Mapping[str, Any] = field(default_factory=no_map)


@dataclass(frozen=True)
class _Held:
    known: Known
    until: float


_held: _Held | None = None


def known() -> Known:
    """Return the settings in force; the same object as long as nothing has changed."""
    global _held  # noqa: PLW0603 - one for each process
    held = _held
    if held is not None and time.monotonic() < held.until:
        return held.known
    try:
        rows = list(DeskSetting.objects.filter(current=True).values_list("pk", "name", "value"))
    except (DatabaseError, InterfaceError):
        return hold()
    last = max((pk for pk, _name, _value in rows), default=0)
    found = Known(last, {name: value for _pk, name, value in rows})
    if held is not None and held.known == found:
        found = held.known
    _held = _Held(found, time.monotonic() + FRESH)
    return found


def hold() -> Known:
    """Ask nothing of a database that is away, for a while; return what was known last."""
    global _held  # noqa: PLW0603 - one for each process
    known = _held.known if _held is not None else Known()
    _held = _Held(known, time.monotonic() + AWAY)
    return known


def forget() -> None:
    """Read the settings anew: one has changed."""
    global _held  # noqa: PLW0603 - one for each process
    _held = None
