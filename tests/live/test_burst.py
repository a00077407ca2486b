"""SECURITY.md E6: a burst leaves every console equal; who reads slowly is told to start again."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.journal.tailer import Batch
from csirt.kernel.clock import now
from incidents.live import protocol
from incidents.live.entry import Admitted
from incidents.live.hub import Hub
from incidents.live.reading import CaseNow, Item, Reading
from incidents.live.replica import Replica
from incidents.live.sockets import BOUND, Socket
from tests.live.desk import Console
from tests.live.test_missed import noise
from tests.people import file_case

CONSOLES = 24
EVENTS = 3000


def memory(pid):
    """Resident megabytes of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    raise AssertionError


def test_a_burst_leaves_all_consoles_equal(live_desk, alice, bruno):
    cases = [file_case().incident for _ in range(40)]
    stop = threading.Event()
    consoles = [Console(live_desk, (alice, bruno)[n % 2]) for n in range(CONSOLES)]
    slow = consoles[0]

    def follow(console):
        while not stop.is_set():
            console.step(0.2)

    try:
        for console in consoles:
            console.start()
        before = memory(live_desk.pid)
        with ThreadPoolExecutor(CONSOLES) as threads:
            for console in consoles[1:]:
                threads.submit(follow, console)
            for _ in range(EVENTS // 300):
                noise(300, cases)
            witness = file_case()
            for console in consoles[1:]:
                _wait(lambda c=console: str(witness.incident.uuid) in c.rows)
            stop.set()
        slow.until(lambda: str(witness.incident.uuid) in slow.rows, 20)
        for console in consoles:
            assert console.check()["digest"] == console.digest()

        assert len({console.digest() for console in consoles}) == 1
        assert memory(live_desk.pid) - before < 80
    finally:
        stop.set()
        for console in consoles:
            console.close()


def _wait(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Room:
    """A hub with sockets whose queues nobody empties, fed by hand."""

    def __init__(self, people):
        self.hub = Hub()
        self.epoch = uuid4()
        self.hub._loop = asyncio.get_running_loop()
        self.hub.epoch = self.epoch
        self.sockets = []
        for number in range(people):
            person = Person(user_id=number, uuid=uuid4(), role="analyst", name=f"P{number}")
            socket = Socket(Admitted(person, "s", now()))
            socket.epoch, socket.cursor = self.epoch, 0
            self.hub.sockets.add(socket)
            self.hub.of[number].add(socket)
            self.sockets.append(socket)
        self.seq = 0

    async def event(self, case=None, named=None, count=1):
        case = case or uuid4()
        prev = self.seq
        items = []
        for _ in range(count):
            self.seq += 1
            text = protocol.item(self.seq, "note.written", str(case), self.seq, '{"id":"x"}')
            items.append(Item(self.seq, text, named))
        batch = Batch(self.epoch, prev, self.seq, [])
        now_ = [CaseNow(UUID(str(case)), self.seq, '{"id":"x"}', named)]
        await self.hub.deliver(batch, Reading(items, now_, frozenset(), {}, complete=True))
        self.hub.flush()


async def test_a_socket_that_reads_nothing_is_reset_and_holds_up_nobody():
    room = Room(2)
    slow, quick = room.sockets
    for _ in range(BOUND + 1):
        await room.event()
        while quick.waiting:
            await quick.next()

    assert slow.waiting == 1
    assert await slow.next() == protocol.reset("slow")
    assert not slow.joined
    assert quick.cursor == room.seq
    await room.event()
    assert slow.waiting == 0  # nothing more until it says hello again


async def test_an_envelope_is_written_once_for_each_cursor():
    room = Room(50)
    await room.event()
    frames = [await socket.next() for socket in room.sockets]

    assert len({id(frame) for frame in frames}) == 1


async def test_an_event_of_a_restricted_case_is_a_hole_for_others():
    room = Room(3)
    await room.event(named=frozenset({1}))
    await room.event()

    first = [await socket.next() for socket in room.sockets]
    assert '"prev":0,"next":2' in first[0]
    assert '"prev":0,"next":1' in first[1]
    assert first[0] is first[2]
    assert '"prev":1,"next":2' in await room.sockets[1].next()


async def test_quiet_events_go_at_once_and_close_ones_together():
    room = Room(1)
    (socket,) = room.sockets
    loop = asyncio.get_running_loop()

    async def deliver():
        room.seq += 1
        text = protocol.item(room.seq, "note.written", "x", room.seq, "null")
        item = Item(room.seq, text, None)
        batch = Batch(room.epoch, room.seq - 1, room.seq, [])
        await room.hub.deliver(batch, Reading([item], [], frozenset(), {}, complete=True))

    await deliver()
    assert socket.waiting == 1
    began = loop.time()
    for _ in range(5):
        await deliver()
    assert socket.waiting == 1
    await asyncio.sleep(0.08)
    assert socket.waiting == 2
    assert loop.time() - began < 0.3
    await socket.next()
    assert (await socket.next()).count('"seq"') == 5


async def test_a_beat_that_is_owed_does_not_overtake_the_event_that_ends_an_access():
    room = Room(1)
    (socket,) = room.sockets
    room.hub.replica = Replica(room.epoch, 0, [])
    socket.due = True
    case = uuid4()
    text = protocol.item(1, "incident.restricted", str(case), 2, '{"id":"x"}')
    leaving = protocol.item(1, "incident.restricted", str(case), 2, "null")
    event = Event(seq=1, kind="incident.restricted", object_id=str(case), data={})
    item = Item(1, text, frozenset({9}), leaving)
    reading = Reading([item], [], frozenset(), {}, complete=True)
    await room.hub.deliver(Batch(room.epoch, 0, 1, [event]), reading)
    room.hub.flush()

    frames = [await socket.next() for _ in range(socket.waiting)]
    assert [frame for frame in frames if leaving in frame]


async def test_a_batch_that_is_delivered_again_is_sent_once():
    room = Room(1)
    await room.event()
    batch = Batch(room.epoch, 0, 1, [])
    await room.hub.deliver(batch, Reading([], [], frozenset(), {}, complete=True))

    assert room.sockets[0].waiting == 1


@pytest.mark.parametrize("complete", [True, False])
async def test_no_digest_is_given_at_a_cursor_whose_rows_ran_ahead(complete):
    room = Room(1)
    (socket,) = room.sockets
    room.hub.replica = Replica(room.epoch, 0, [])
    room.hub.cursor, room.hub.complete = 0, complete
    socket.due = True
    room.hub.flush()

    assert socket.waiting == (1 if complete else 0)
    assert socket.due is not complete
