"""``triage.yaml``: inputs, flags, rules, targets and escalation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from csirt.reference.conditions import Condition
from csirt.reference.durations import Duration
from csirt.reference.ids import ContactId, FlagId, Id, InputId, Priority, RuleId
from csirt.reference.reading import Text


@dataclass(frozen=True)
class Input:
    """One weighted question of triage. ``levels`` go from 0 (no worry) to 100."""

    id: Id
    axis: Literal["impact", "urgence", "perimetre"]
    weight: int
    question_fr: Text
    question_en: Text
    levels: Mapping[Id, int]
    not_asked: Id
    nciss_analogue: Text | None = None
    note_fr: Text | None = None


@dataclass(frozen=True)
class FlagKind:
    """A fact beside the score, and who may state it."""

    id: Id
    set_by: Literal["answer", "engine", "analyst", "caller"]
    fr: Text
    en: Text


@dataclass(frozen=True)
class CallerFact:
    """How the caller computes a flag; the triage engine makes no query of its own."""

    en: Text
    min_reports: int | None = None
    window: Duration | None = None
    ignore: tuple[Id, ...] = ()
    remaining_below: Duration | None = None
    duty_state: Id | None = None


@dataclass(frozen=True)
class Band:
    """The priority of a score from ``min`` upwards."""

    priority: Priority
    min: int


@dataclass(frozen=True)
class Score:
    """How the score is made, in words, and its bands."""

    formula: Text
    several_answers: Text
    asked_without_answer: Text
    never_asked: Text
    rounding: Text
    range: tuple[int, ...]
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class Floor:
    """At least this priority."""

    id: Id
    slug: Id
    when: Condition
    priority: Priority
    fr: Text
    en: Text
    show_contacts: tuple[ContactId, ...] = ()


@dataclass(frozen=True)
class Cap:
    """At most this priority."""

    id: Id
    slug: Id
    when: Condition
    priority_max: Priority
    fr: Text
    en: Text


@dataclass(frozen=True)
class Raise:
    """So many priorities up, never above a limit."""

    id: Id
    slug: Id
    when: Condition
    raise_by: int
    not_above: Priority
    fr: Text
    en: Text


@dataclass(frozen=True)
class CategoryDefault:
    """When the category's usual priority counts."""

    applies_when: Text
    raises_only: bool
    en: Text


@dataclass(frozen=True)
class AnalystOverride:
    """What an analyst's last word needs."""

    needs: Literal["written_reason"]
    en: Text


@dataclass(frozen=True)
class Target:
    """How soon a human answers, the case is qualified and news are given, on opening hours."""

    first_human: Duration
    qualification: Duration
    update: Duration | None
    auto_reply: bool = False


@dataclass(frozen=True)
class ServiceTargets:
    """The targets of each priority."""

    day_unit: Text
    p1: Target = field(metadata={"key": "P1"})
    p2: Target = field(metadata={"key": "P2"})
    p3: Target = field(metadata={"key": "P3"})
    p4: Target = field(metadata={"key": "P4"})

    def of(self, priority: str) -> Target:
        """The targets of that priority."""
        return {"P1": self.p1, "P2": self.p2, "P3": self.p3, "P4": self.p4}[priority]


@dataclass(frozen=True)
class Escalation:
    """Whom to tell."""

    id: Id
    to: ContactId
    when: Condition
    fr: Text
    en: Text


@dataclass(frozen=True)
class ScaleMapping:
    """How our priorities read in the scales of others."""

    ncsc_uk: Mapping[Priority, Text]
    cert_fr_gravity: Mapping[Priority, Text]
    cert_fr_axes: Mapping[Id, tuple[InputId, ...]]
    cert_fr_crisis_rule: Text
    confidence: Text


@dataclass(frozen=True)
class Triage:
    """The whole file."""

    version: Text
    inputs: tuple[Input, ...]
    flags: tuple[FlagKind, ...]
    caller_facts: Mapping[FlagId, CallerFact]
    score: Score
    order: tuple[Id, ...]
    caps_blocked_by: tuple[RuleId, ...]
    floors: tuple[Floor, ...]
    caps: tuple[Cap, ...]
    raises: tuple[Raise, ...]
    category_default: CategoryDefault
    analyst_override: AnalystOverride
    service_targets: ServiceTargets
    escalation: tuple[Escalation, ...]
    mapping: ScaleMapping
