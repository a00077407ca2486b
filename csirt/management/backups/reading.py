"""Reading a backup through: what it holds against what its manifest says."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from csirt.journal.models import Event
from csirt.kernel import chain
from csirt.management.backups.archive import (
    ABOUT,
    FILES,
    MANIFEST,
    TABLES,
    Member,
    Reader,
    Unreadable,
)
from csirt.management.backups.making import FORMAT
from csirt.management.backups.rows import Digest

_EVENTS = "journal.event"


@dataclass
class Seen:
    """What went by: digests of tables and files, and what the backup says of itself."""

    about: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, Digest] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)

    def compare(self) -> None:
        """Raise ``Unreadable``, naming the first thing that is not what the manifest says."""
        if not self.manifest:
            raise Unreadable("it has no manifest: it was cut")
        for label, told in self.manifest["tables"].items():
            found = self.tables[label].told() if label in self.tables else {}
            if found != told:
                raise Unreadable(f"the table {label} is not what was written")
        for name, told in self.manifest["files"].items():
            if self.files.get(name) != told:
                raise Unreadable(f"the file {name} is not what was written")


def members(reader: Reader, seen: Seen) -> Iterator[Member]:
    """Yield the tables' parts and files, and note the rest in *seen*."""
    for member in reader.members():
        if member.name == ABOUT:
            seen.about = member.told()
            if seen.about.get("format") != FORMAT:
                raise Unreadable("another release wrote it, in another form")
        elif member.name == MANIFEST:
            seen.manifest = member.told()
        elif not seen.about:
            raise Unreadable("it is no backup of a desk")
        else:
            yield member


def lines(member: Member, seen: Seen) -> Iterator[bytes]:
    """Yield the lines of a part of a table, digested on their way."""
    label = member.name.split("/")[1]
    digest = seen.tables.setdefault(label, Digest())
    for line in member.lines():
        digest.add(line)
        yield line


def blocks(member: Member, seen: Seen) -> Iterator[bytes]:
    """Yield the bytes of a file, digested on their way."""
    made, size = hashlib.sha256(), 0
    for block in member.blocks():
        made.update(block)
        size += len(block)
        yield block
    name = member.name.removeprefix(f"{FILES}/")
    seen.files[name] = {"size": size, "sha256": made.hexdigest()}


def verify(sealed: IO[bytes], identities: list[str]) -> Seen:
    """Read a backup to its end; raises ``Unreadable`` when anything in it is not what was written."""
    seen = Seen()
    walk: _Chain | None = None
    with Reader(sealed, identities) as reader:
        for member in members(reader, seen):
            if walk is None:
                walk = _Chain(seen.about["columns"][_EVENTS])
            if member.name.startswith(f"{TABLES}/{_EVENTS}/"):
                for line in lines(member, seen):
                    walk.add(line)
            elif member.name.startswith(f"{TABLES}/"):
                for _line in lines(member, seen):
                    pass
            else:
                for _block in blocks(member, seen):
                    pass
    seen.compare()
    head = seen.manifest["head"]
    if walk is None or (walk.seq, walk.last.hex()) != (head["seq"], head["hash"]):
        raise Unreadable("its journal does not end where it says")
    return seen


class _Chain:
    """The chain of the events that went by."""

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        self.seq, self.last = 0, chain.START

    def add(self, line: bytes) -> None:
        row = dict(zip(self.columns, json.loads(line), strict=True))
        row["at"], row["epoch"] = datetime.fromisoformat(row["at"]), UUID(row["epoch"])
        row["prev"], row["hash"] = b64decode(row["prev"]), b64decode(row["hash"])
        event = Event(**row)
        self.last = chain.link(event.epoch, event.seq, self.last, event.payload())
        if event.seq != self.seq + 1 or event.hash != self.last:
            raise Unreadable(f"its journal cannot be trusted from event {self.seq + 1} on")
        self.seq = event.seq
