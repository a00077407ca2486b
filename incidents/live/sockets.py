"""One console's socket: its place in the journal, and a bounded queue of frames to write."""

import asyncio
from collections import deque
from collections.abc import Iterable
from secrets import token_hex
from uuid import UUID

from incidents.live import protocol
from incidents.live.entry import Admitted
from incidents.live.reading import Item

BOUND = 200  # frames that wait; one more, and the console is told to start again
_MOST_HELD = 1000  # batches that pass while a replay is read


class Socket:
    """What the hub knows of one console. ``cursor`` is None until the console has said hello."""

    def __init__(self, admitted: Admitted) -> None:
        self.token = token_hex(8)
        self.admitted = admitted
        self.epoch: UUID | None = None
        self.cursor: int | None = None
        self.due = False  # a heartbeat is owed
        self.held: list[tuple[int, list[Item]]] | None = None  # flushed while a replay is read
        self.hellos = 0  # tells a replay that another hello, or a reset, has overtaken it
        self.at: UUID | None = None
        self.watching = False  # a queue: it is told who is at every case it may see
        self.close_code = 0
        self._queue: deque[str] = deque()
        self._wake = asyncio.Event()

    @property
    def ended(self) -> bool:
        return self.close_code != 0

    @property
    def joined(self) -> bool:
        return self.cursor is not None

    @property
    def waiting(self) -> int:
        """How many frames have not been written yet."""
        return len(self._queue)

    def put(self, frames: Iterable[str]) -> None:
        """Queue *frames*; too slow a socket gets a reset instead of a hole."""
        if self.ended:
            return
        self._queue.extend(frames)
        if len(self._queue) > BOUND:
            self.reset("slow")
        self._wake.set()

    def put_if_room(self, frame: str) -> bool:
        """Queue a frame that may be left out (a beat, presence); tell whether it was queued."""
        if self.ended or len(self._queue) >= BOUND:
            return False
        self._queue.append(frame)
        self._wake.set()
        return True

    def hold(self, until: int, items: list[Item]) -> None:
        """Keep a flushed batch until the replay has been read."""
        if self.held is None:
            return
        self.held.append((until, items))
        if len(self.held) > _MOST_HELD:
            self.reset("slow")

    def reset(self, why: protocol.Why) -> None:
        """Forget what waits and tell the console to take a new snapshot."""
        self._queue.clear()
        self.cursor, self.held, self.due = None, None, False
        self.hellos += 1
        self._queue.append(protocol.reset(why))
        self._wake.set()

    def end(self, code: int) -> None:
        """Nothing more is written; the socket closes with *code*."""
        if not self.ended:
            self.close_code = code
            self._queue.clear()
            self.cursor, self.held = None, None
            self._wake.set()

    async def next(self) -> str | None:
        """Wait for the next frame; None when the socket has ended."""
        while not self._queue:
            if self.ended:
                return None
            self._wake.clear()
            await self._wake.wait()
        return None if self.ended else self._queue.popleft()
