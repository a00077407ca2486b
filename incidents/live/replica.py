"""What the consoles should hold, kept by the process: identifiers and marks, no content.

It gives the digest of each visibility key at the cursor sent, without asking the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from incidents.live.rows import LIMIT, mark, written

Named = frozenset[int] | None  # ids of the people named on a restricted case; None: the whole desk


@dataclass(frozen=True)
class Held:
    """One live case: its mark, and who may see it."""

    mark: int
    named: Named


class Replica:
    """The live set as of ``seq`` of one epoch."""

    def __init__(self, epoch: UUID, seq: int, cases: Iterable[tuple[UUID, int, Named]]) -> None:
        self.epoch, self.seq = epoch, seq
        self._cases: dict[UUID, Held] = {}
        self._open, self._open_count = 0, 0
        self._named: dict[int, tuple[int, int]] = {}  # user id: digest and count
        for case, version, named in cases:
            self.put(case, version, named)

    def put(self, case: UUID, version: int, named: Named) -> None:
        """The case is live in *version*, for the whole desk or for the people *named*."""
        self.drop(case)
        held = Held(mark(case, version), named)
        self._cases[case] = held
        self._count(held, 1)

    def drop(self, case: UUID) -> None:
        """The case left the live set."""
        held = self._cases.pop(case, None)
        if held is not None:
            self._count(held, -1)

    def _count(self, held: Held, one: int) -> None:
        if held.named is None:
            self._open ^= held.mark
            self._open_count += one
            return
        for user in held.named:
            digest, count = self._named.get(user, (0, 0))
            self._named[user] = (digest ^ held.mark, count + one)
            if not count + one:
                del self._named[user]

    def __len__(self) -> int:
        return len(self._cases)

    def keyed(self) -> frozenset[int]:
        """The people who see more than the whole desk does."""
        return frozenset(self._named)

    def digest(self, user: int) -> str | None:
        """The digest of all that *user* may see; None above ``LIMIT`` cases."""
        own, count = self._named.get(user, (0, 0))
        if self._open_count + count > LIMIT:
            return None
        return written(self._open ^ own)
