"""The tailer hands on every committed event once, in order, and survives what goes wrong."""

import asyncio
import time
from contextlib import closing
from itertools import pairwise

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from redis import Redis

from csirt.journal import change, declare, nudge, record, tailer
from csirt.journal.epoch import SYSTEM, begin
from csirt.journal.models import Head
from csirt.kernel.clock import now
from tests.conftest import SERVICES
from tests.reporters import Crowd

BEAT = declare("heart.beat", number="int")


@change
def beat(count=1):
    for number in range(count):
        record(BEAT, Head.objects.get(pk=1), by=SYSTEM, at=now(), data={"number": number})


class Ear:
    """A follower that keeps what it is given."""

    def __init__(self):
        self.seqs, self.resets, self.when, self.chain = [], [], [], []

    def read(self, batch):  # noqa: ARG002 - the protocol's
        return Head.objects.get(pk=1).seq

    async def deliver(self, batch, extra):
        assert extra >= batch.next
        self.chain.append((batch.prev, batch.next))
        self.seqs += [event.seq for event in batch.events]
        self.when.append(time.monotonic())

    async def reset(self, epoch, seq):
        self.resets.append((epoch, seq))

    async def heard(self, message):
        pass


@pytest.fixture
def ear(transactional_db, monkeypatch):
    ear = Ear()
    monkeypatch.setattr(tailer, "_followers", [ear])
    return ear


async def until(condition, seconds=8):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        await asyncio.sleep(0.01)


async def test_every_event_is_delivered_once_and_in_order(ear):
    running = tailer.Tailer()
    await running.ready.wait()
    try:
        for _ in range(5):
            await sync_to_async(beat)(300)
        await until(lambda: len(ear.seqs) >= 1500)
    finally:
        await running.stop()

    assert ear.seqs == list(range(1, 1501))
    assert [prev for prev, _ in ear.chain] == [0, *[next_ for _, next_ in ear.chain[:-1]]]


async def test_a_commit_in_this_process_is_seen_at_once(ear):
    running = tailer.Tailer()
    await running.ready.wait()
    try:
        await asyncio.sleep(0.1)
        await sync_to_async(beat)()
        start = time.monotonic()
        await until(lambda: ear.seqs)
    finally:
        await running.stop()

    assert ear.when[0] - start < tailer.TICK / 2


async def test_what_came_before_the_start_is_not_repeated(ear):
    await sync_to_async(beat)(3)
    running = tailer.Tailer()
    await running.ready.wait()
    try:
        await sync_to_async(beat)()
        await until(lambda: ear.seqs)
    finally:
        await running.stop()

    assert ear.seqs == [4]


async def test_a_new_epoch_resets_the_followers(ear):
    running = tailer.Tailer()
    await running.ready.wait()
    try:
        await sync_to_async(begin)(at=now())
        await until(lambda: ear.resets)
    finally:
        await running.stop()

    assert ear.resets[0][0] == (await sync_to_async(Head.objects.get)(pk=1)).epoch


async def hears_the_bus(running, url):
    first = running.looked_at
    with closing(Redis.from_url(url)) as bus:
        while running.looked_at == first:
            bus.publish(nudge.channel(), '{"t": "nudge"}')
            await asyncio.sleep(0.05)


async def test_a_commit_in_another_process_is_seen_at_once(ear, live_desk, settings, monkeypatch):
    """By the bus or by SQLite's log: the tick, which would see it too, is set far off."""
    monkeypatch.setattr(tailer, "TICK", 60)
    running = tailer.Tailer()
    try:
        await until(lambda: running.looked_at)
        if SERVICES:
            await hears_the_bus(running, settings.REDIS_URL)
        crowd = Crowd(live_desk.port, text="Un signalement.")
        token = await crowd.report()
        await until(lambda: ear.seqs)
    finally:
        await running.stop()

    assert ear.when[0] - crowd.when[token] < 1


class Away(Ear):
    """A follower that reads while the database is away: from its first try to the last but one."""

    def __init__(self, tries):
        super().__init__()
        self.left, self.tried = tries, []

    def read(self, batch):
        self.tried.append(time.monotonic())
        self.left -= 1
        if self.left:
            raise OperationalError("away")
        return super().read(batch)


async def test_while_the_database_is_away_it_waits_longer_and_longer_to_a_bound(
    transactional_db, monkeypatch
):
    ear = Away(tries=10)
    monkeypatch.setattr(tailer, "_followers", [ear])
    monkeypatch.setattr(tailer, "TICK", 0.01)
    monkeypatch.setattr(tailer, "LONGEST_PAUSE", 0.1)
    running = tailer.Tailer()
    try:
        await running.ready.wait()
        await sync_to_async(beat)()
        await until(lambda: ear.seqs)
    finally:
        await running.stop()
    pauses = [later - sooner for sooner, later in pairwise(ear.tried)]

    assert len(pauses) == 9
    assert pauses[1] > 0.039  # the first may have been cut short by the nudge
    assert pauses[2] > 0.079
    assert min(pauses[3:]) > 0.099
    assert sum(pauses[4:]) < 5  # doubled without end: 10 s
    assert ear.seqs == [1]
