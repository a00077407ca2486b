"""The hub: one a process. It follows the journal and writes to this process's consoles.

An item is encoded once, an envelope once for each cursor; each socket has a queue and a writer of
its own. The digest of each visibility key (the whole desk, or what somebody is named on besides)
is kept as events pass, and sent every ten seconds.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import structlog
from django.db import connections

from csirt.accounts.principals import Person
from csirt.journal import tailer
from csirt.journal.models import Event
from csirt.kernel.clock import now as read_clock
from incidents.live import entry, protocol, reading, rows
from incidents.live.replica import Replica
from incidents.live.sockets import Socket
from incidents.live.watch import Watch

log = structlog.get_logger()

T = TypeVar("T")

BEAT = 10.0  # seconds between heartbeats
STALE = 10.0  # seconds without a look at the journal: no beat, so that consoles notice
TOGETHER = 0.05  # seconds; events closer to each other than that go together
MOST_SOCKETS = 20  # for one person in one process
_AGAIN = 60.0  # seconds before a live set that was too large is counted again
_READY = 5.0  # seconds that a hello waits for the journal
_ENDS_ALL = frozenset({"user.disabled", "user.sessions_ended"})
_ENDS_ONE = "user.logged_out"
_RENAMES = "user.proved_again"


class Hub:
    """A follower of the journal (``csirt.journal.tailer``)."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, "hub")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clear()

    def _clear(self) -> None:
        self.sockets: set[Socket] = set()
        self.of: dict[int, set[Socket]] = defaultdict(set)  # by user
        self.people: frozenset[int] = frozenset()  # read by the tailer's thread
        self.watch = Watch(self)
        self.epoch: UUID | None = None
        self.cursor = 0  # of the last event received
        self.complete = True
        self.replica: Replica | None = None
        self._too_many_until = 0.0
        self._passed: list[tuple[int, list[reading.CaseNow]]] | None = None  # while loading
        self._pending: list[reading.Item] = []
        self._pending_until = 0
        self._flushed_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._beats: asyncio.Task[None] | None = None
        self._loading = asyncio.Lock()

    # A follower's four ends.

    def read(self, batch: tailer.Batch) -> reading.Reading | None:
        """Read rows and rights with the batch; nothing when no console is open."""
        return reading.of_batch(batch, self.people) if self.people else None

    async def deliver(self, batch: tailer.Batch, extra: reading.Reading | None) -> None:
        """Take a batch: revocations first, then what everybody is sent."""
        if self._loop is not asyncio.get_running_loop():
            return
        if batch.epoch == self.epoch and batch.next <= self.cursor:
            return  # the tailer tries again what another follower failed at
        self._revoke(batch.events, extra)
        if any(event.kind in reading.ACCESS for event in batch.events):
            self.flush()  # what was readable goes before what no longer is
        self.epoch, self.cursor = batch.epoch, batch.next
        if extra is None:
            return
        self.watch.recheck(extra.cases)
        self.complete = extra.complete
        self._follow(batch.next, extra.cases)
        self._pending += extra.items
        self._pending_until = batch.next
        self._flush_soon()

    async def reset(self, epoch: UUID, seq: int) -> None:
        """The journal began a new epoch: every console starts from a snapshot."""
        self._drop_pending()
        self.epoch, self.cursor, self.complete, self.replica = epoch, seq, True, None
        for socket in self.sockets:
            if socket.joined or socket.held is not None:
                socket.reset("epoch")

    async def heard(self, message: dict[str, Any]) -> None:
        """Something on the bus between processes: presence, or news for somebody."""
        if self._loop is not asyncio.get_running_loop():
            return
        if message.get("t") == "told":
            for socket in {s for uuid in message["people"] for s in self._sockets_of(str(uuid))}:
                socket.put_if_room(protocol.told())
        else:
            self.watch.heard(message)

    # A console's coming and going.

    def connect(self, socket: Socket) -> bool:
        """Take a socket in; False when this person has too many."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # a loop of its own for each test: nothing outlives one
            self._clear()
            self._loop = loop
        user = socket.admitted.person.user_id
        if len(self.of[user]) >= MOST_SOCKETS:
            return False
        self.sockets.add(socket)
        self.of[user].add(socket)
        self.people = frozenset(self.of)
        if self._beats is None or self._beats.done():
            self._beats = loop.create_task(self._beat_on(), name="hub-beats")
        return True

    def disconnect(self, socket: Socket) -> None:
        """Let a socket go."""
        socket.end(1000)
        if socket not in self.sockets:
            return
        self.sockets.discard(socket)
        user = socket.admitted.person.user_id
        self.of[user].discard(socket)
        if not self.of[user]:
            del self.of[user]
        self.people = frozenset(self.of)
        self.watch.gone(socket)
        if not self.sockets:
            self._drop_pending()
            self.replica = None
            if self._beats is not None:
                self._beats.cancel()

    async def hello(self, socket: Socket, hello: protocol.Hello, *, host: str) -> None:
        """Bring a console from its cursor to now, and keep it there; no event is missed between.

        What is flushed while the replay is read is held, and follows it. Raises ``TimeoutError``
        while the journal cannot be read, and whatever the database raises.
        """
        socket.cursor, socket.held, socket.due = None, [], False
        socket.hellos += 1
        this = socket.hellos
        await self._attach()
        await self._load()
        answer = await self.call(reading.replay, socket.admitted.person, hello)
        known = socket.admitted
        again = await self.call(entry.again, known, host, self.cursor)
        if socket.ended or socket.hellos != this or socket.held is None:
            return
        if again is None:
            socket.end(protocol.ENDED)
            return
        # What the journal said meanwhile of its name and rights is newer.
        socket.admitted = (
            again if socket.admitted is known else replace(socket.admitted, until=again.until)
        )
        held, socket.held = socket.held, None
        if isinstance(answer, str):
            socket.reset(answer)
            return
        socket.epoch, socket.cursor = answer.epoch, answer.seq
        socket.put(
            protocol.events(answer.items, prev=hello.after, next=answer.seq)
            or [protocol.nothing(hello.after, answer.seq)]
        )
        for until, items in held:
            self._send(socket, until, items)
        self.watch.again(socket)
        socket.due = True
        self.flush()

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run *function*, which reads the database, in a thread of the hub's own."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _and_close, function, *args)

    async def _attach(self) -> None:
        here = await tailer.ensure()
        await asyncio.wait_for(here.ready.wait(), _READY)
        if self.epoch is None:
            self.epoch, self.cursor = here.epoch, here.seq

    # Rights.

    def _revoke(self, events: list[Event], extra: reading.Reading | None) -> None:
        for event in events:
            if not event.kind.startswith("user."):
                continue
            for socket in self._sockets_of(event.object_id):
                session = event.data.get("session", "")
                if event.kind in _ENDS_ALL or (
                    event.kind == _ENDS_ONE and (not session or session == socket.admitted.session)
                ):
                    socket.end(protocol.ENDED)
                elif event.kind == _RENAMES and session == socket.admitted.session:
                    socket.admitted = replace(socket.admitted, session=event.data["now"])
        for user in extra.asked if extra else ():
            role = extra.rights.get(user) if extra else None
            for socket in self.of.get(user, ()):
                if role is None:
                    socket.end(protocol.ENDED)
                elif role != socket.admitted.person.role:
                    person = replace(socket.admitted.person, role=role)
                    socket.admitted = replace(socket.admitted, person=person)

    def _sockets_of(self, uuid: str) -> list[Socket]:
        return [s for s in self.sockets if str(s.admitted.person.uuid) == uuid]

    # The replica, from which digests come.

    async def _load(self) -> None:
        async with self._loading:
            loop = asyncio.get_running_loop()
            if self.replica is not None and self.replica.epoch == self.epoch:
                return
            if loop.time() < self._too_many_until:
                return
            self._passed = []
            try:
                loaded = await self.call(reading.load)
            finally:
                passed, self._passed = self._passed or [], None
            if loaded is None:
                self.replica = None
                self._too_many_until = loop.time() + _AGAIN
                return
            self.replica, self._too_many_until = loaded, 0.0
            for until, cases in passed:
                self._follow(until, cases)

    def _follow(self, until: int, cases: list[reading.CaseNow]) -> None:
        if self._passed is not None:
            self._passed.append((until, cases))
        if self.replica is None or until <= self.replica.seq:
            return
        for case in cases:
            if case.live:
                self.replica.put(case.id, case.version, case.named)
            else:
                self.replica.drop(case.id)
        self.replica.seq = until
        if len(self.replica) > 2 * rows.LIMIT and self._loop is not None:
            self.replica, self._too_many_until = None, self._loop.time() + _AGAIN

    # Writing.

    def _flush_soon(self) -> None:
        """At once when the last event is a while ago; else together with the next ones."""
        if self._timer is not None or self._loop is None:
            return
        wait = self._flushed_at + TOGETHER - self._loop.time()
        if wait <= 0:
            self.flush()
        else:
            self._timer = self._loop.call_later(wait, self.flush)

    def _drop_pending(self) -> None:
        self._pending = []
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def flush(self) -> None:
        """Write what waits to every console, then the beats that are owed."""
        items, until = self._pending, self._pending_until
        self._drop_pending()
        if items and self._loop is not None:
            self._flushed_at = self._loop.time()
            self._fan(items, until)
        for socket in self.sockets:
            if socket.due:
                self._beat(socket)

    def _fan(self, items: list[reading.Item], until: int) -> None:
        special = {user for item in items for user in item.named or ()}
        somebody_loses = any(item.leaving for item in items)
        written: dict[tuple[int, int], list[str]] = {}
        for socket in self.sockets:
            if socket.held is not None:
                socket.hold(until, items)
            if socket.cursor is None or socket.epoch != self.epoch:
                continue
            user = socket.admitted.person.user_id
            key = (user if somebody_loses or user in special else 0, socket.cursor)
            frames = written.get(key)
            if frames is None:
                person = socket.admitted.person
                frames = written[key] = _frames(person, socket.cursor, until, items)
            if frames:
                socket.cursor = until
                socket.put(frames)

    def _send(self, socket: Socket, until: int, items: list[reading.Item]) -> None:
        if socket.cursor is not None and socket.epoch == self.epoch:
            frames = _frames(socket.admitted.person, socket.cursor, until, items)
            if frames:
                socket.cursor = until
                socket.put(frames)

    # Heartbeats.

    async def _beat_on(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            try:
                await self._beat_once()
            except Exception as error:  # noqa: BLE001 - the next beat tries again
                log.warning("hub.beat", error=type(error).__name__)

    async def _beat_once(self) -> None:
        await self._end_old_sessions(read_clock())
        self.watch.expire()
        here = await tailer.ensure()
        if asyncio.get_running_loop().time() - here.looked_at > STALE:
            return
        await self._load()
        for socket in self.sockets:
            socket.due = socket.joined
        self.flush()

    async def _end_old_sessions(self, now: datetime) -> None:
        """End the sockets of sessions that are over; one that was used meanwhile goes on."""
        for socket in [socket for socket in self.sockets if socket.admitted.until <= now]:
            row = await self.call(entry.session_of, socket.admitted)
            if row is None or row.expire_date <= now:
                socket.end(protocol.ENDED)
            else:
                socket.admitted = replace(socket.admitted, until=row.expire_date)

    def _beat(self, socket: Socket) -> None:
        """Say where the console should stand, when that is known exactly; else it stays owed."""
        if socket.cursor is None or socket.epoch != self.epoch:
            return
        if socket.cursor > self.cursor or not self.complete:
            return
        digest = None
        if self.replica is not None:
            if self.replica.epoch != self.epoch or self.replica.seq > self.cursor:
                return
            digest = self.replica.digest(socket.admitted.person.user_id)
        if socket.put_if_room(protocol.heartbeat(self.cursor, digest)):
            socket.cursor, socket.due = self.cursor, False


def _frames(person: Person, cursor: int, until: int, items: list[reading.Item]) -> list[str]:
    texts = [(item.seq, item.to(person)) for item in items if item.seq > cursor]
    return protocol.events([pair for pair in texts if pair[1]], prev=cursor, next=until)


def _and_close(function: Callable[..., T], *args: Any) -> T:
    try:
        return function(*args)
    finally:
        connections.close_all()


HUB = Hub()


def register() -> None:
    """Follow the journal; called when the app is ready."""
    tailer.follow(HUB)
