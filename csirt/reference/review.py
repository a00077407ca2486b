"""``review.yaml``: causes of an attack, and what a victim is asked after the case was closed."""

from dataclasses import dataclass

from csirt.reference.conditions import Condition
from csirt.reference.ids import Id
from csirt.reference.reading import Text

PLACEHOLDERS = frozenset({"reference", "numero", "service", "heures_ouverture", "lien"})


@dataclass(frozen=True)
class Cause:
    """Why it could happen, in the words of a review."""

    id: Id
    fr: Text
    en: Text


@dataclass(frozen=True)
class Round:
    """What is written to the victim so many *days* after closing."""

    days: int
    fr: Text
    en: Text


@dataclass(frozen=True)
class Choice:
    """One answer. ``bad``: the case is reopened."""

    id: Id
    fr: Text
    en: Text
    bad: bool = False


@dataclass(frozen=True)
class LaterQuestion:
    """One question, asked in the rounds of these days, where ``when`` holds."""

    id: Id
    rounds: tuple[int, ...]
    fr: Text
    en: Text
    options: tuple[Choice, ...]
    when: Condition | None = None


@dataclass(frozen=True)
class Reviews:
    """The whole file."""

    version: Text = ""
    causes: tuple[Cause, ...] = ()
    rounds: tuple[Round, ...] = ()
    questions: tuple[LaterQuestion, ...] = ()
