"""Presence as the hub handles it: what its consoles say, and what other processes say."""

import asyncio
from collections.abc import Collection
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.journal import nudge
from incidents.live import protocol
from incidents.live.presence import LASTS, Look, Presence
from incidents.live.reading import CaseNow
from incidents.live.replica import Named
from incidents.live.sockets import Socket
from incidents.models import IncidentAccess
from incidents.queries import visible_to

if TYPE_CHECKING:
    from incidents.live.hub import Hub

_PROCESS = token_hex(8)
_ASKED: Named = frozenset()  # the rows have not said yet who may see the case: nobody


class Watch:
    """Keeps the presence of one process's consoles and tells them who else is at their case."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._presence = Presence()
        self._named: dict[UUID, Named] = {}  # who may see each case that somebody is at

    async def at(self, socket: Socket, frame: protocol.At) -> bool:
        """Note what a console says; False when the case is hidden from it, or absent."""
        if socket.at != frame.id:
            person = socket.admitted.person
            self._named.setdefault(frame.id, _ASKED)
            seen, named = await self._hub.call(_seen_by, person, frame.id)
            if not seen:
                return False
            if socket.ended:
                return True
            if self._named.get(frame.id, _ASKED) is _ASKED:  # else an event has said it since
                self._named[frame.id] = named
            first = True
        else:
            first = False
        socket.at = frame.id
        changed = self._presence.at(socket.token, self._look(socket, frame))
        self._publish(socket, frame.id, frame.doing)
        self._tell(changed)
        if first and frame.id not in changed:
            self._tell({frame.id})
        return True

    def all(self, socket: Socket) -> None:
        """Tell a queue who is at each case that its person may see, now and from here on."""
        socket.watching = True
        for case in self._presence.cases():
            if self._may_see(socket, case):
                socket.put_if_room(protocol.who(str(case), self._presence.people(case)))

    def again(self, socket: Socket) -> None:
        """Tell a console that begins anew who is at its case: a reset drops what waited."""
        if socket.at is not None:
            socket.put_if_room(protocol.who(str(socket.at), self._presence.people(socket.at)))

    def gone(self, socket: Socket) -> None:
        """A console left its case."""
        case, socket.at = socket.at, None
        if case is not None:
            self._publish(socket, case, "")
            self._tell(self._presence.gone(socket.token))

    def recheck(self, cases: Collection[CaseNow]) -> None:
        """Of *cases* that changed: whoever may not see one any more is not at it."""
        self._named |= {case.id: case.named for case in cases if case.id in self._named}
        closed = {case.id: case.named for case in cases if case.named is not None}
        if not closed:
            return
        for socket in list(self._hub.sockets):
            named = closed.get(socket.at) if socket.at else None
            if named is not None and socket.admitted.person.user_id not in named:
                self.gone(socket)

    def expire(self) -> None:
        """Forget the windows that have been silent."""
        self._tell(self._presence.expire(_time()))

    def heard(self, message: dict[str, Any]) -> None:
        """Take what another process says of its consoles."""
        if message.get("t") != "presence" or message.get("from") == _PROCESS:
            return
        token, doing = str(message["token"]), str(message["doing"])
        if doing not in protocol.DOING:
            self._tell(self._presence.gone(token))
            return
        case = UUID(str(message["case"]))
        named = message["named"]
        self._named[case] = None if named is None else frozenset(map(int, named))
        look = Look(case, str(message["user"]), str(message["name"]), doing, _time() + LASTS)
        self._tell(self._presence.at(token, look))

    def _look(self, socket: Socket, frame: protocol.At) -> Look:
        person = socket.admitted.person
        return Look(frame.id, str(person.uuid), person.name, frame.doing, _time() + LASTS)

    def _publish(self, socket: Socket, case: UUID, doing: str) -> None:
        person, named = socket.admitted.person, self._named.get(case, _ASKED)
        nudge.publish(
            {
                "t": "presence",
                "from": _PROCESS,
                "token": socket.token,
                "case": str(case),
                "named": None if named is None else sorted(named),
                "user": str(person.uuid),
                "name": person.name,
                "doing": doing,
            }
        )

    def _tell(self, cases: Collection[UUID]) -> None:
        for case in cases:
            people = self._presence.people(case)
            frame = protocol.who(str(case), people)
            for socket in self._hub.sockets:
                if socket.at == case or (socket.watching and self._may_see(socket, case)):
                    socket.put_if_room(frame)
            if not people:
                self._named.pop(case, None)

    def _may_see(self, socket: Socket, case: UUID) -> bool:
        named = self._named.get(case, _ASKED)
        return named is None or socket.admitted.person.user_id in named


def _time() -> float:
    return asyncio.get_running_loop().time()


def _seen_by(person: Person, case: UUID) -> tuple[bool, Named]:
    """Tell whether *person* may see the case, and who may when that is not the whole desk."""
    found = visible_to(person).filter(uuid=case).values_list("pk", "restricted").first()
    if found is None or not found[1]:
        return found is not None, None
    people = IncidentAccess.objects.filter(incident=found[0])
    return True, frozenset(people.values_list("user", flat=True))
