"""Who looks at which case. Never journalled, never truth: it expires by itself."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from incidents.live.protocol import DOING

LASTS = 45.0  # seconds; a console says "at" again every 20


@dataclass(frozen=True)
class Look:
    """One window that shows a case."""

    case: UUID
    user: str
    name: str
    doing: str
    until: float


class Presence:
    """The windows open on cases, of this process and of those heard on the bus."""

    def __init__(self) -> None:
        self._looks: dict[str, Look] = {}  # by the socket's token

    def at(self, token: str, look: Look) -> set[UUID]:
        """A window looks at a case; return the cases whose people changed."""
        before = self._looks.get(token)
        self._looks[token] = look
        if before and (before.case, before.doing) == (look.case, look.doing):
            return set()
        return {look.case} | ({before.case} if before else set())

    def gone(self, token: str) -> set[UUID]:
        """A window closed; return the cases whose people changed."""
        before = self._looks.pop(token, None)
        return {before.case} if before else set()

    def expire(self, now: float) -> set[UUID]:
        """Forget the windows that said nothing for long; return the cases that changed."""
        late = [token for token, look in self._looks.items() if look.until <= now]
        return {case for token in late for case in self.gone(token)}

    def cases(self) -> set[UUID]:
        """Return the cases that somebody is at."""
        return {look.case for look in self._looks.values()}

    def people(self, case: UUID) -> list[dict[str, str]]:
        """Return who is at *case*, each person once, with the most active thing they do there."""
        found: dict[str, list[Look]] = defaultdict(list)
        for look in self._looks.values():
            if look.case == case:
                found[look.user].append(look)
        said = []
        for user, looks in found.items():
            doing = max((look.doing for look in looks), key=_ACTIVITY.__getitem__)
            said.append({"id": user, "name": looks[0].name, "doing": doing})
        return sorted(said, key=lambda person: (person["name"], person["id"]))


_ACTIVITY = {doing: rank for rank, doing in enumerate(("idle", "read", "write"))}
assert set(_ACTIVITY) == set(DOING)
