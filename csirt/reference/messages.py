"""``messages.yaml``: short message templates with fixed placeholders.

No template language: what stands in a value is never read again, and any other brace stays.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from csirt.reference.conditions import Condition
from csirt.reference.ids import CategoryId, ContactId, Id, KindId, Priority, TemplateId
from csirt.reference.reading import Text

PLACEHOLDER = re.compile(r"\{(\w+)\}")


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
    label_fr: Text | None = None
    label_en: Text | None = None


@dataclass(frozen=True)
class Automatic:
    """The template that the desk sends by itself for a priority."""

    priority: Priority
    template: TemplateId


@dataclass(frozen=True)
class NoticeWords:
    """A mail, which only says that there is news."""

    id: Id
    subject_fr: Text
    subject_en: Text
    fr: Text
    en: Text


@dataclass(frozen=True)
class HelplineWords:
    """One line of a mail that names a helpline, and nothing of why."""

    contact: ContactId
    fr: Text
    en: Text


@dataclass(frozen=True)
class HeardCategory:
    """Words of a mail that point to a category, in the versions that older cases keep."""

    category: CategoryId
    words: tuple[Text, ...]


@dataclass(frozen=True)
class HeardKind:
    """Words of a mail that tell who writes."""

    kind: KindId
    words: tuple[Text, ...]


@dataclass(frozen=True)
class Incoming:
    """What a mail is taken for until somebody has read it."""

    category: CategoryId
    kind: KindId
    kinds: tuple[HeardKind, ...]
    categories: tuple[HeardCategory, ...] = ()


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
    # Absent from the versions that older cases keep.
    automatic: tuple[Automatic, ...] = ()
    never_mail_when: Condition | None = None
    notices: tuple[NoticeWords, ...] = ()
    helplines: tuple[HelplineWords, ...] = ()
    incoming: Incoming | None = None


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with each ``{name}`` of *values* replaced, once; what is unknown or empty stays."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], "") or found[0], text)


def placeholders_in(text: str) -> frozenset[str]:
    """The names that stand in braces."""
    return frozenset(PLACEHOLDER.findall(text))
