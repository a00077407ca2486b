"""What was erased and revoked, in a file beside the checkpoints, for the day an older backup returns.

A backup holds what people have had erased since, and opens doors that have been shut since. The
ledger is the journal's events of such kinds, copied to a file that leaves the host with the
checkpoints and is signed as they are: identifiers only, as in the journal. Each line holds the hash of
the one before, so that none can be taken out of the middle. Each worker keeps a whole one, signed with
one key: a file that another key signed, or whose lines a former release did not chain, is put aside, and
the journal gives a new one. ``csirt.management.backups`` does again what a restored journal does not know
yet.
"""

import fcntl
import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from csirt.journal.checkpoints import Forged, private_key
from csirt.journal.kinds import Kind
from csirt.journal.models import Event
from csirt.kernel import chain
from csirt.kernel.clock import stamp

log = structlog.get_logger()

_LAST = 8192  # bytes: more than one line ever has


@dataclass(frozen=True)
class Entry:
    """One event of the journal. ``object`` is the UUID (or key) of what it is about.

    ``prev`` is the SHA-256 of the line before, as it was signed; empty for the first line of a file,
    None in what was written before lines were chained.
    """

    epoch: str
    seq: int
    at: str
    kind: str
    object: str
    data: dict[str, Any]
    prev: str | None = None

    def signed(self) -> bytes:
        """Return what the signature is of."""
        said = asdict(self)
        if self.prev is None:
            del said["prev"]
        return chain.canonical(said)

    def hash(self) -> str:
        """Return how the next line names this one."""
        return hashlib.sha256(self.signed()).hexdigest()


Again = Callable[[Entry, datetime], None]
_handlers: dict[str, Again] = {}


def again(*kinds: Kind) -> Callable[[Again], Again]:
    """Have the decorated ``handler(entry, now)`` do once more, after a restore, what *kinds* did.

    It is called in the order of the journal, inside no change. What it is about may be absent from
    the backup, or have happened already: both are fine.
    """

    def register(handler: Again) -> Again:
        for kind in kinds:
            _handlers[kind.name] = handler
        return handler

    return register


def write_due(at: datetime) -> int:
    """Append what the journal holds since the last line; return how many lines. 0 without the key."""
    key = private_key()
    if key is None:
        return 0
    path = Path(settings.LEDGER_FILE)
    if _is_of(key, path) and not _since(_last(path)).exists():
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # of two workers on one machine, one after the other
        if not _is_of(key, path):
            _put_aside(path, at)
            file.truncate(0)
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            file.write("\n")  # after a line that a crash has cut
        count, last = 0, _last(path)
        prev = last.hash() if last else ""
        for event in _since(last).iterator():
            entry = Entry(
                epoch=str(event.epoch),
                seq=event.seq,
                at=stamp(event.at),
                kind=event.kind,
                object=event.object_id,
                data=event.data,
                prev=prev,
            )
            signature = b64encode(key.sign(entry.signed())).decode()
            file.write(json.dumps(asdict(entry) | {"signature": signature}) + "\n")
            count, prev = count + 1, entry.hash()
        file.flush()
        os.fsync(file.fileno())
    return count


def _since(last: Entry | None) -> Any:
    """Return the events that follow *last*; all of them when the journal does not know it."""
    events = Event.objects.filter(kind__in=_handlers).order_by("seq")
    if last and Event.objects.filter(seq=last.seq, epoch=last.epoch).exists():
        return events.filter(seq__gt=last.seq)
    return events


def _is_of(key: Ed25519PrivateKey, path: Path) -> bool:
    """Tell whether a file may go on: chained from its first line, the last one signed with *key*."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            first = _whole([file.readline()])
    except FileNotFoundError:
        return True
    last = _whole(_tail(path))
    if last is None:
        return True
    if first is None or first[0].prev is None:
        return False
    try:
        key.public_key().verify(last[1], last[0].signed())
    except InvalidSignature:
        return False
    return True


def _put_aside(path: Path, at: datetime) -> None:
    aside = path.with_name(f"{path.stem}-{at:%Y%m%dT%H%M%SZ}{path.suffix}")
    with aside.open("wb") as file:
        file.write(path.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    log.warning("ledger.begun_anew", former=aside.name)


def _last(path: Path) -> Entry | None:
    """Return the last whole line; a line cut by a crash is written again."""
    found = _whole(_tail(path))
    return found[0] if found else None


def _tail(path: Path) -> list[str]:
    """Return the last lines, the last one first."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LAST))
            return file.read().decode(errors="replace").split("\n")[::-1]
    except FileNotFoundError:
        return []


def _whole(lines: list[str]) -> tuple[Entry, bytes] | None:
    """Return the first of *lines* that is one, and its signature."""
    for line in lines:
        try:
            return _entry(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return None


def _entry(line: dict[str, Any]) -> tuple[Entry, bytes]:
    signature = b64decode(line.pop("signature"))
    return Entry(**line), signature


def read(path: Path, key: Ed25519PublicKey) -> Iterator[Entry]:
    """Yield the entries of a ledger; raises ``Forged`` on a line that is not signed for *key*.

    And on one that does not follow the line before it: some were taken out, or put elsewhere. Lines
    cut off at the end leave no trace here. A line that a crash has cut is passed over: it was
    written again.
    """
    last: Entry | None = None
    with path.open(encoding="utf-8") as lines:
        for number, text in enumerate(lines, 1):
            try:
                line = json.loads(text)
            except ValueError:
                continue
            try:
                entry, signature = _entry(line)
                key.verify(signature, entry.signed())
            except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError) as error:
                raise Forged(f"{path.name}:{number}") from error
            if not _follows(entry, last):
                raise Forged(f"{path.name}:{number}: the line before it is missing")
            last = entry
            yield entry


def _follows(entry: Entry, last: Entry | None) -> bool:
    if entry.prev is None:  # of a former release; none may come once there is a chain
        return last is None or last.prev is None
    return entry.prev == (last.hash() if last else "")


def do_again(entry: Entry, now: datetime) -> bool:
    """Do *entry* once more, unless this journal holds it; returns whether it was done."""
    handler = _handlers.get(entry.kind)
    if handler is None or Event.objects.filter(seq=entry.seq, epoch=entry.epoch).exists():
        return False
    handler(entry, now)
    return True
