"""``messages.yaml``: short message templates with fixed placeholders."""

import re
from dataclasses import dataclass
from typing import Literal

from csirt.reference.conditions import Condition
from csirt.reference.ids import Id
from csirt.reference.reading import Text

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Placeholder:
    """A name that a template may hold in braces."""

    id: Id
    en: Text
    example: Text


@dataclass(frozen=True)
class Template:
    """One short message in two languages."""

    id: Id
    when: Condition | None
    channel: tuple[Literal["sms", "email"], ...]
    audience: Literal["victime", "structures"]
    fr: Text
    en: Text


@dataclass(frozen=True)
class ClosingWords:
    """One sentence to end a call or a case."""

    id: Id
    fr: Text
    en: Text


@dataclass(frozen=True)
class Messages:
    """The whole file."""

    version: Text
    placeholders: tuple[Placeholder, ...]
    rules_en: tuple[Text, ...]
    templates: tuple[Template, ...]
    closing_words: tuple[ClosingWords, ...]


def placeholders_in(text: str) -> frozenset[str]:
    """The names that stand in braces."""
    return frozenset(_PLACEHOLDER.findall(text))
