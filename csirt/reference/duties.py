"""``duties.yaml``: legal clocks and duties. Not legal advice: a jurist must validate them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from csirt.reference.conditions import Condition
from csirt.reference.durations import Duration
from csirt.reference.ids import CalendarId, Day, DutyStartId, Id, SourceId
from csirt.reference.reading import Text


@dataclass(frozen=True)
class DutyStep:
    """One of several acts that a duty asks for, each with its own start."""

    id: Id
    title_fr: Text
    due: Duration | None
    start: DutyStartId
    calendar: CalendarId


@dataclass(frozen=True)
class DutyRule:
    """One duty: when it applies, when that is to be established, and how long there is."""

    id: Id
    title_fr: Text
    title_en: Text
    start: DutyStartId
    calendar: CalendarId
    due: Duration | None
    mandatory: bool | Literal["when_transposed"]
    confidence: Text | Mapping[Id, Text]
    source: tuple[SourceId, ...]
    who_info: tuple[Id, ...]
    applies: Condition
    unknown: Condition
    reason_fr: Text
    law: Text | None = None
    due_fr: Text | None = None
    condition_fr: Text | None = None
    partial_allowed: bool = False
    late_rule_fr: Text | None = None
    channel: Text | None = None
    not_for: tuple[Id, ...] = ()
    steps: tuple[DutyStep, ...] = ()
    status_checked: Day | None = None
    setting: Literal["nis2_fr_in_force"] | None = None


@dataclass(frozen=True)
class RetentionProposal:
    """How long one kind of data might be kept."""

    data: Text
    active: Text
    then: str
    confidence: Text


@dataclass(frozen=True)
class Retention:
    """Proposals on keeping data, for the data-protection officer."""

    note_fr: Text
    proposals: tuple[RetentionProposal, ...]
    special_fr: tuple[Text, ...]


@dataclass(frozen=True)
class DutyFile:
    """The whole file."""

    version: Text
    clocks: tuple[DutyRule, ...]
    contacts_file: Text
    notes_fr: tuple[Text, ...]
    retention: Retention | None = None  # in versions that older cases keep; now retention.yaml
