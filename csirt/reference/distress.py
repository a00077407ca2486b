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
        """The groups of which a term stands in the text, as whole words. Linear in the text.

        A term inside a longer one of another group is not there: "il va me tuer" is a threat, although
        "me tuer" alone is despair.
        """
        flat = f" {normalised(text)} "
        return tuple(g for g in self.groups if any(self._stands(t, g, flat) for t in g.terms))

    def terms(self, text: str, flag: str) -> tuple[str, ...]:
        """The terms that point to *flag* in the text, as the file writes them."""
        flat = f" {normalised(text)} "
        groups = (g for g in self.groups if g.flag == flag)
        return tuple(term for g in groups for term in g.terms if self._stands(term, g, flat))

    def quoted(self, text: str, groups: Iterable[DistressGroup]) -> tuple[str, ...]:
        """The terms of *groups* that stand in the text, one each, as the file writes them."""
        flat = f" {normalised(text)} "
        found = ((t for t in g.terms if self._stands(t, g, flat)) for g in groups)
        return tuple(next(terms) for terms in found)

    def _stands(self, term: str, group: DistressGroup, flat: str) -> bool:
        if f" {term} " not in flat:
            return False
        others = (other for g in self.groups if g is not group for other in g.terms)
        for longer in (other for other in others if f" {term} " in f" {other} "):
            flat = re.sub(rf"\b{longer}\b", "|", flat)
        return f" {term} " in flat


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
