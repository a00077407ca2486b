"""``distress.yaml``: words that show a helpline. Never a diagnosis, never a refusal."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from csirt.reference.ids import ContactId, FlagId, Id
from csirt.reference.reading import Text


@dataclass(frozen=True)
class DistressGroup:
    """Words of one kind, and the helpline that they show."""

    id: Id
    flag: FlagId | None
    show_contacts: tuple[ContactId, ...]
    show_fr: Text
    show_en: Text
    terms: tuple[Text, ...]
    needs_confirmation: bool = False


@dataclass(frozen=True)
class DistressEffect:
    """What hearing such words does."""

    flag: FlagId
    ask_analyst: Text
    keep_word_in_statistics: bool


@dataclass(frozen=True)
class Distress:
    """The whole file."""

    version: Text
    matching_en: Text
    effect: DistressEffect
    groups: tuple[DistressGroup, ...]
    never_trigger_fr: tuple[Text, ...]

    def heard(self, text: str) -> tuple[DistressGroup, ...]:
        """The groups of which a term stands in the text, as whole words. Linear in the text."""
        flat = f" {normalised(text)} "
        return tuple(g for g in self.groups if any(f" {term} " in flat for term in g.terms))

    def terms(self, text: str, flag: str) -> tuple[str, ...]:
        """The terms that point to *flag* in the text, as the file writes them."""
        flat = f" {normalised(text)} "
        groups = (g for g in self.groups if g.flag == flag)
        return tuple(term for g in groups for term in g.terms if f" {term} " in flat)


def flags_of(groups: Iterable[DistressGroup]) -> tuple[frozenset[str], frozenset[str]]:
    """The flags that groups heard raise by themselves, and those that a person must confirm."""
    heard = tuple(groups)
    sure = frozenset(g.flag for g in heard if g.flag and not g.needs_confirmation)
    unsure = frozenset(g.flag for g in heard if g.flag and g.needs_confirmation)
    return sure, unsure - sure


def normalised(text: str) -> str:
    """Lower-case words without accents, one space between them."""
    bare = unicodedata.normalize("NFD", text.lower())
    letters = "".join(c for c in bare if unicodedata.category(c) != "Mn")
    return re.sub(r"[^a-z0-9]+", " ", letters).strip()
