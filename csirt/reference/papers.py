"""``papers.yaml``: texts that a duty asks for, with fixed placeholders. A jurist must read each."""

from dataclasses import dataclass

from csirt.reference.ids import DutyId, Id, SourceId
from csirt.reference.reading import Text


@dataclass(frozen=True)
class Blank:
    """A name that a text may hold in braces; ``fr`` says what it stands for."""

    id: Id
    fr: Text
    example: Text


@dataclass(frozen=True)
class Paper:
    """One text, in French, for one duty or one of its steps."""

    id: Id
    title_fr: Text
    title_en: Text
    duty: DutyId
    source: tuple[SourceId, ...]
    fr: Text
    step: Id | None = None


@dataclass(frozen=True)
class Papers:
    """The whole file."""

    version: Text = ""
    warning_fr: Text = ""
    placeholders: tuple[Blank, ...] = ()
    papers: tuple[Paper, ...] = ()
