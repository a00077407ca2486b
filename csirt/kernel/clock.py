"""The one clock. A service is told the time; only the edges read it, here.

An exercise has its own time: it begins on the weekday of its scenario, stands still, and goes faster
or slower. All processes of one read the same small file, so that nothing else knows of it. What must
go by the time of the world (log-ins, sessions, jobs) reads ``real``.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True)
class Pace:
    """At the moment *real* of the world the clock shows *shown*, and goes *speed* times as fast.

    A speed of 0 is a clock that stands still.
    """

    real: datetime
    shown: datetime
    speed: float

    def at(self, real: datetime) -> datetime:
        """Return what the clock shows at *real*; it never runs back."""
        return self.shown + max(real - self.real, timedelta()) * self.speed


_file: Path | None = None
_held: tuple[tuple[int, int], Pace] | None = None  # inode and time of the file, what it said


def real() -> datetime:
    """Return the time of the world, aware, in UTC, with microseconds."""
    return datetime.now(UTC)


def now() -> datetime:
    """Return the desk's time, aware, in UTC, with microseconds."""
    held = pace()
    return real() if held is None else held.at(real())


def speed() -> float:
    """Return how many seconds of the desk pass in one of the world, 1 at least."""
    held = pace()
    return 1.0 if held is None else max(1.0, held.speed)


def follow(path: Path | None) -> None:
    """Show from now on what the file *path* says, once it is there; None: the time of the world."""
    global _file, _held
    _file, _held = path, None


def pace() -> Pace | None:
    """Return how the clock goes; None for the time of the world."""
    global _held  # noqa: PLW0603 - one clock a process
    if _file is None:
        return None
    try:
        found = _file.stat()
        key = (found.st_ino, found.st_mtime_ns)
        if _held is None or _held[0] != key:
            said = json.loads(_file.read_text(encoding="utf-8"))
            real_at, shown = (
                datetime.fromisoformat(said[name]).astimezone(UTC) for name in ("real", "shown")
            )
            _held = (key, Pace(real_at, shown, float(said["speed"])))
    except FileNotFoundError:
        return None
    return _held[1]


def write(path: Path, how: Pace) -> None:
    """Let every clock that follows *path* go so: whole, or as before."""
    said = {"real": how.real.isoformat(), "shown": how.shown.isoformat(), "speed": how.speed}
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(said), encoding="utf-8")
    fresh.replace(path)


def stamp(moment: datetime) -> str:
    """Write *moment* as RFC 3339 in UTC with microseconds and ``Z`` (journal, TAXII)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
