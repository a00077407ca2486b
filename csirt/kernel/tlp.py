"""TLP 2.0 (FIRST, August 2022) and PAP (MISP taxonomy), as ordered types.

A later member is more restrictive: ``Tlp.AMBER < Tlp.AMBER_STRICT``. The value is what is stored,
the label what FIRST prints.
"""

from enum import StrEnum


class _Ordered(StrEnum):
    """A StrEnum that compares by the order of declaration, not by its letters.

    Only with its own kind: a bare text raises ``TypeError``, else "amber" would come before "clear".
    """

    @property
    def rank(self) -> int:
        return list(type(self)).index(self)

    def _rank_of(self, other: object) -> int:
        if not isinstance(other, type(self)):
            raise TypeError(f"{self!r} does not compare with {other!r}")
        return other.rank

    def __lt__(self, other: object) -> bool:
        return self.rank < self._rank_of(other)

    def __le__(self, other: object) -> bool:
        return self.rank <= self._rank_of(other)

    def __gt__(self, other: object) -> bool:
        return self.rank > self._rank_of(other)

    def __ge__(self, other: object) -> bool:
        return self.rank >= self._rank_of(other)


class Tlp(_Ordered):
    """Traffic Light Protocol 2.0."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"

    @property
    def label(self) -> str:
        return f"TLP:{self.value.upper()}"


class Pap(_Ordered):
    """Permissible Actions Protocol: what a receiver may do with what it got."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"

    @property
    def label(self) -> str:
        return f"PAP:{self.value.upper()}"
