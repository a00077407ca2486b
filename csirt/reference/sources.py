"""``sources.yaml``: every source and how it was seen."""

from collections.abc import Mapping
from dataclasses import dataclass

from csirt.reference.ids import BasisId, Id
from csirt.reference.reading import Text


@dataclass(frozen=True)
class Source:
    """Where something was read, and how closely."""

    title: Text
    url: str | None
    licence: Text
    seen: BasisId
    seen_note: Text | None = None


@dataclass(frozen=True)
class SourceFile:
    """The whole file."""

    levels: Text
    sources: Mapping[Id, Source]
