"""The tailer: one a process. It reads committed events in order and hands them to followers.

It looks every 500 ms and at once when nudged; without a bus, when SQLite's log was written to as well,
which tells it what other processes committed. A follower's ``read`` runs in the tailer's own thread,
inside the same consistent read as the events; its ``deliver`` runs in the event loop.
"""

import asyncio
import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, connections

from csirt.journal import nudge
from csirt.journal.models import Event, Head
from csirt.journal.reading import consistent_read

log = structlog.get_logger()

TICK = 0.5
GLANCE = 0.03  # seconds between two looks at SQLite's log; one takes microseconds
BATCH = 500
LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class Batch:
    """Events after ``prev`` up to ``next``, all of them, in order, of one epoch."""

    epoch: UUID
    prev: int
    next: int
    events: list[Event]


class Follower(Protocol):
    """What an app above registers with ``follow``."""

    def read(self, batch: Batch) -> Any: ...

    async def deliver(self, batch: Batch, extra: Any) -> None: ...

    async def reset(self, epoch: UUID, seq: int) -> None: ...

    async def heard(self, message: dict[str, Any]) -> None: ...


_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Register *follower*; called once, when an app is ready."""
    _followers.append(follower)


class Tailer:
    """Reads on from where the journal stood when it started."""

    def __init__(self) -> None:
        self.epoch: UUID | None = None
        self.seq = 0
        self.looked_at = 0.0  # by the loop's clock: when the journal was last read
        self._well = True  # the last look did not fail
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "tailer")
        self.loop = asyncio.get_running_loop()
        self._stop_listening = nudge.listen(self._nudged)
        self._tasks = [asyncio.create_task(self._run(), name="tailer")]
        if settings.REDIS_URL:
            self._tasks.append(asyncio.create_task(self._hear(), name="tailer-bus"))
        elif connection.vendor == "sqlite":
            self._tasks.append(asyncio.create_task(self._glance(), name="tailer-log"))
        self.ready = asyncio.Event()

    def _nudged(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closing
            self.loop.call_soon_threadsafe(self._wake.set)

    async def stop(self) -> None:
        """End the tasks and close the thread's connection."""
        self._stop_listening()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self) -> None:
        pause = TICK
        while True:
            try:
                if self.epoch is None:
                    self.epoch, self.seq = await self._call(_head)
                    self.ready.set()
                more = await self._tick()
                pause, self._well = TICK, True
            except Exception as error:  # noqa: BLE001 - the database may be away: keep trying
                log.warning("tailer.waits", error=type(error).__name__)
                pause, more = min(pause * 2, LONGEST_PAUSE), False
                self._well = False
            if more:
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):  # wait_for can swallow a cancellation
                    await self._wake.wait()
            self._wake.clear()

    async def _tick(self) -> bool:
        epoch, batch, extras = await self._call(_read, self.epoch, self.seq)
        self.looked_at = self.loop.time()
        if batch is None:
            if epoch != self.epoch:
                epoch, seq = await self._call(_head)
                for follower in _followers:
                    await follower.reset(epoch, seq)
                self.epoch, self.seq = epoch, seq
            return False
        for follower, extra in zip(_followers, extras, strict=True):
            await follower.deliver(batch, extra)
        self.seq = batch.next
        return len(batch.events) == BATCH

    async def _call(self, function: Any, *args: Any) -> Any:
        return await self.loop.run_in_executor(self._thread, _and_close, function, *args)

    async def _glance(self) -> None:
        """Wake when anybody wrote to SQLite's file or its log. What it misses, the tick does not.

        The log goes with the last connection, and comes, empty, with the first: no news either.
        """
        name = connection.settings_dict["NAME"]
        written = {Path(name): 0, Path(f"{name}-wal"): 0}
        while True:
            await asyncio.sleep(GLANCE)
            for path, before in written.items():
                with contextlib.suppress(OSError):
                    state = path.stat()
                    if state.st_size and state.st_mtime_ns != before:
                        written[path] = state.st_mtime_ns
                        if self._well:
                            self._wake.set()

    async def _hear(self) -> None:
        """Listen to the bus; while Redis is away, the 500 ms tick does."""
        import redis.asyncio

        while True:
            try:
                client = redis.asyncio.Redis.from_url(
                    settings.REDIS_URL, socket_connect_timeout=2, health_check_interval=10
                )
                async with client, client.pubsub() as bus:
                    await bus.subscribe(nudge.channel())
                    async for message in bus.listen():
                        if message["type"] == "message":
                            await self._heard(json.loads(message["data"]))
            except Exception as error:  # noqa: BLE001 - Redis is away, or somebody wrote rubbish
                log.info("bus.away", error=type(error).__name__)
            await asyncio.sleep(1)

    async def _heard(self, message: dict[str, Any]) -> None:
        if message.get("t") == "nudge":
            self._wake.set()
        else:
            for follower in _followers:
                await follower.heard(message)


def _and_close(function: Any, *args: Any) -> Any:
    try:
        return function(*args)
    finally:
        connections.close_all()


def _head() -> tuple[UUID, int]:
    return Head.objects.values_list("epoch", "seq").get(pk=1)


def _read(epoch: UUID, seq: int) -> tuple[UUID, Batch | None, list[Any]]:
    with consistent_read():
        here, head = Head.objects.values_list("epoch", "seq").get(pk=1)
        if here != epoch or head == seq:
            return here, None, []
        events = list(Event.objects.filter(seq__gt=seq).order_by("seq")[:BATCH])
        batch = Batch(epoch=epoch, prev=seq, next=events[-1].seq, events=events)
        return here, batch, [follower.read(batch) for follower in _followers]


_tailer: Tailer | None = None


async def ensure() -> Tailer:
    """Return this process's tailer, started when there is none (daphne has no lifespan)."""
    global _tailer  # noqa: PLW0603 - one a process
    if _tailer is None or _tailer.loop is not asyncio.get_running_loop():
        _tailer = Tailer()
    return _tailer


def follows(epoch: UUID) -> bool:
    """Tell whether this process reads *epoch*; not yet when a backup was just restored."""
    return _tailer is None or _tailer.epoch == epoch


async def stop() -> None:
    """Stop this process's tailer."""
    global _tailer
    if _tailer is not None:
        tailer, _tailer = _tailer, None
        await tailer.stop()
