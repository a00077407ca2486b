"""``vocabulary.yaml``: every closed list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from csirt.reference.ids import Id, Priority
from csirt.reference.reading import Text


@dataclass(frozen=True)
class Role:
    """Who does a step of a playbook."""

    id: Id
    fr: Text
    en: Text
    note_fr: str = ""


@dataclass(frozen=True)
class Term:
    """One entry of a list: what a due time counts from, or on which clock."""

    id: Id
    fr: Text
    en: Text


@dataclass(frozen=True)
class DutyStart:
    """The event that starts a duty; without a default it runs only from a recorded act."""

    id: Id
    default: Literal["knowledge"] | None
    en: Text


@dataclass(frozen=True)
class Calendar:
    """How the time of a duty is counted."""

    id: Id
    en: Text


@dataclass(frozen=True)
class Basis:
    """How a source was seen; a higher rank is a better one."""

    id: Id
    rank: int
    en: Text


@dataclass(frozen=True)
class ContextVariable:
    """A name for conditions that is neither a question nor a triage input."""

    id: Id
    type: Literal["enum", "category", "multi"]
    en: Text
    values: tuple[Id, ...] = ()


@dataclass(frozen=True)
class Grammar:
    """The grammar of conditions, for the reader."""

    ebnf: Text
    rules_en: tuple[Text, ...]


@dataclass(frozen=True)
class StepFields:
    """The fields of a playbook step, for the reader."""

    required: tuple[Id, ...]
    optional: tuple[Id, ...]
    meaning_en: Mapping[str, Text]


@dataclass(frozen=True)
class VictimTextRules:
    """How plain a text for victims must be."""

    max_words_per_sentence: int
    target_words_per_sentence: int
    forbidden_words_fr: tuple[Text, ...]


@dataclass(frozen=True)
class Vocabulary:
    """The whole file."""

    version: Text
    roles: tuple[Role, ...]
    phases: tuple[Literal["before", "during", "after"], ...]
    due_from: tuple[Term, ...]
    duty_starts: tuple[DutyStart, ...]
    calendars: tuple[Calendar, ...]
    clock: tuple[Term, ...]
    basis: tuple[Basis, ...]
    priorities: tuple[Priority, ...]
    context_variables: tuple[ContextVariable, ...]
    grammar: Grammar
    step_fields: StepFields
    victim_text_rules: VictimTextRules
