"""The tailer hands on every committed event once, in order, and survives what goes wrong."""

import asyncio
import time

import pytest
from asgiref.sync import sync_to_async

from csirt.journal import change, declare, record, tailer
from csirt.journal.epoch import SYSTEM, begin
from csirt.journal.models import Head
from csirt.kernel.clock import now

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
