"""How an object of ours is written: identifiers drawn once, a ``modified`` that says when it changed.

Nothing here reads a clock or a database: the caller gives the identifiers that were drawn before
and the moment. An object whose content is what was last released keeps its ``modified``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from api.stix.case import Kept
from api.stix.identifiers import random_id, text_of
from csirt.kernel.chain import canonical


@dataclass(frozen=True)
class Built:
    """One object as it would leave. ``key`` is empty for what has no drawn identifier."""

    key: str
    stix_id: str
    type: str
    version: str  # its ``modified``, else ``created``, else empty
    content: str
    text: str


def content_of(obj: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what an object says: everything but its ``modified``."""
    said = {name: value for name, value in obj.items() if name != "modified"}
    return hashlib.sha256(canonical(said)).hexdigest()


def built(obj: dict[str, Any], key: str = "") -> Built:
    """Freeze a finished object into its text."""
    return Built(
        key=key,
        stix_id=obj["id"],
        type=obj["type"],
        version=obj.get("modified") or obj.get("created") or "",
        content=content_of(obj),
        text=text_of(obj),
    )


@dataclass
class Writer:
    """Draws identifiers once each and writes what all our own objects have in common."""

    kept: Mapping[str, Kept]
    now: str  # RFC 3339, ms
    author: str  # id of the desk's identity
    marks: list[str]
    gate: str = ""  # what is written now leaves only to collections with that option
    fresh: dict[str, Kept] = field(default_factory=dict)
    done: list[Built] = field(default_factory=list)

    def own(self, key: str, kind: str, **properties: Any) -> str:
        """Write one SDO or SRO of ours and return its id. Under a gate, its key begins with it."""
        key = f"{self.gate}/{key}" if self.gate else key
        kept = self.identifier(key, kind)
        obj = {
            "type": kind,
            "spec_version": "2.1",
            "id": kept.stix_id,
            "created_by_ref": self.author,
            "created": kept.created,
            "modified": self.now,
            "lang": "fr",
            **{name: value for name, value in properties.items() if value not in (None, [], "")},
            "object_marking_refs": self.marks,
        }
        return self.versioned(key, kept, obj)

    def versioned(self, key: str, kept: Kept, obj: dict[str, Any]) -> str:
        """Write *obj* under the ``modified`` it deserves."""
        unchanged = content_of(obj) == kept.content
        obj["modified"] = (
            kept.modified if unchanged else max(self.now, kept.created, next_after(kept.modified))
        )
        self.done.append(built(obj, key))
        return kept.stix_id

    def identifier(self, key: str, kind: str) -> Kept:
        """Return the identifier of *key*, drawn now when there was none."""
        found = self.kept.get(key) or self.fresh.get(key)
        if found is None:
            found = self.fresh[key] = Kept(random_id(kind), self.now)
        return found

    def link(self, relation: str, source: str, source_id: str, target: str, target_id: str) -> str:
        """Write a relationship between two objects, known by their keys."""
        return self.own(
            f"{relation}:{source}:{target}",
            "relationship",
            relationship_type=relation,
            source_ref=source_id,
            target_ref=target_id,
        )


def revoked(obj: dict[str, Any], now: str) -> dict[str, Any]:
    """Return the version of a released object that says it was wrong."""
    return {**obj, "modified": max(now, next_after(obj["modified"])), "revoked": True}


def next_after(version: str) -> str:
    """Return the millisecond after *version*: a clock set back makes no older new version."""
    if not version:
        return ""
    later = datetime.fromisoformat(version) + timedelta(milliseconds=1)
    return later.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def bundle(objects: list[Built]) -> str:
    """Return the text shown and approved: a bundle, one object a line, in the order given."""
    lines = ",\n".join(obj.text for obj in objects)
    return f'{{"type": "bundle", "id": "{random_id("bundle")}", "objects": [\n{lines}\n]}}'


def lines_of(text: str) -> list[str]:
    """Return the objects' texts of what ``bundle`` wrote, exactly as they stand."""
    return [line.removesuffix(",") for line in text.split("\n")[1:-1]]
