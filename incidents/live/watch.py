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
from incidents.live.sockets import Socket
from incidents.queries import visible_to

if TYPE_CHECKING:
    from incidents.live.hub import Hub

_PROCESS = token_hex(8)


class Watch:
    """Keeps the presence of one process's consoles and tells them who else is at their case."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._presence = Presence()

    async def at(self, socket: Socket, frame: protocol.At) -> bool:
        """Note what a console says; False when the case is hidden from it, or absent."""
        if socket.at != frame.id:
            person = socket.admitted.person
            if not await self._hub.call(_may_see, person, frame.id):
                return False
            if socket.ended:
                return True
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
        look = Look(case, str(message["user"]), str(message["name"]), doing, _time() + LASTS)
        self._tell(self._presence.at(token, look))

    def _look(self, socket: Socket, frame: protocol.At) -> Look:
        person = socket.admitted.person
        return Look(frame.id, str(person.uuid), person.name, frame.doing, _time() + LASTS)

    def _publish(self, socket: Socket, case: UUID, doing: str) -> None:
        person = socket.admitted.person
        nudge.publish(
            {
                "t": "presence",
                "from": _PROCESS,
                "token": socket.token,
                "case": str(case),
                "user": str(person.uuid),
                "name": person.name,
                "doing": doing,
            }
        )

    def _tell(self, cases: Collection[UUID]) -> None:
        for case in cases:
            frame = protocol.who(str(case), self._presence.people(case))
            for socket in self._hub.sockets:
                if socket.at == case:
                    socket.put_if_room(frame)


def _time() -> float:
    return asyncio.get_running_loop().time()


def _may_see(person: Person, case: UUID) -> bool:
    return visible_to(person).filter(uuid=case).exists()
