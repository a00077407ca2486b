"""``phrases.yaml``: words of victims that point to a category. A suggestion, never a decision."""

from dataclasses import dataclass

from csirt.reference.distress import normalised
from csirt.reference.ids import CategoryId
from csirt.reference.reading import Text


@dataclass(frozen=True)
class CategoryPhrases:
    """What people write when this has happened to them."""

    category: CategoryId
    phrases: tuple[Text, ...]


@dataclass(frozen=True)
class Pointed:
    """A category that a text points to, and the phrases that do, as the file writes them."""

    category: str
    phrases: tuple[str, ...]

    @property
    def weight(self) -> int:
        """How much they say: a longer phrase is less often there by chance."""
        return sum(phrase.count(" ") + 1 for phrase in self.phrases)


@dataclass(frozen=True)
class Phrases:
    """The whole file."""

    version: Text = ""
    categories: tuple[CategoryPhrases, ...] = ()

    def pointed(self, text: str) -> tuple[Pointed, ...]:
        """The categories that *text* points to, the heaviest first. Linear in the text.

        A phrase within another one that was found says nothing more: "un sms" in "c'est un sms".
        """
        flat = f" {normalised(text)} "
        found = []
        for one in self.categories:
            heard = [phrase for phrase in one.phrases if f" {phrase} " in flat]
            longest = [p for p in heard if not any(p != o and f" {p} " in f" {o} " for o in heard)]
            if longest:
                found.append(Pointed(one.category, tuple(longest)))
        return tuple(sorted(found, key=lambda one: -one.weight))
