"""A consistent read is of one moment and holds nobody up."""

import threading
import time

import pytest
from django.db import connections, transaction

from csirt.journal import change, consistent_read, declare, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Event, Head
from csirt.kernel.clock import now

TICKED = declare("clock.ticked")


@change
def tick():
    record(TICKED, Head.objects.get(pk=1), by=SYSTEM, at=now())


def in_thread(function):
    def run():
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def test_what_is_committed_meanwhile_is_not_seen(transactional_db):
    tick()
    with consistent_read():
        assert Head.objects.get(pk=1).seq == 1
        in_thread(tick)
        assert Head.objects.get(pk=1).seq == 1
        assert Event.objects.count() == 1
    assert Head.objects.get(pk=1).seq == 2


def test_a_long_read_does_not_hold_up_the_writer(transactional_db):
    with consistent_read():
        Head.objects.get(pk=1)
        start = time.monotonic()
        in_thread(tick)
        assert time.monotonic() - start < 2


def test_nothing_is_written_inside(transactional_db):
    with consistent_read(), pytest.raises(Exception, match=r"within a transaction|durable"):
        tick()
    assert not Event.objects.exists()


def test_it_is_outermost(transactional_db):
    with transaction.atomic(), pytest.raises(RuntimeError), consistent_read():
        pass


def test_the_connection_is_usable_afterwards(transactional_db):
    with consistent_read():
        Head.objects.get(pk=1)
    tick()
    assert Head.objects.get(pk=1).seq == 1
