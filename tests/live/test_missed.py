"""SECURITY.md E5: a console that was away ends equal; each event once, in order."""

import threading
import time
import uuid

import pytest
from django.db import connection
from django.utils import timezone

from csirt.journal import change, epoch, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Event, Head
from csirt.kernel.clock import now
from incidents import kinds
from incidents.live.reading import MOST_EVENTS
from incidents.models import Incident
from tests.live.desk import Console
from tests.people import file_case
from tests.server import Web

WITHIN = 3.0  # seconds after reconnecting


@change
def noise(count, cases):
    """Change *cases*, and write *count* events about them in turn, in one change."""
    held = [Incident.locked(case.uuid) for case in cases[:count]]
    for case in held:
        case.store(now())
    for number in range(count):
        case = held[number % len(held)]
        record(kinds.EDITED, case, by=SYSTEM, at=now(), data={"fields": ["title"]})


def equal_within(console):
    """Reconnect; the digest agrees within the promised time."""
    began = time.monotonic()
    console.open()
    console.beat(WITHIN + 5)
    took = time.monotonic() - began
    with Console(console.desk, None, console.cookies) as witness:
        assert witness.snapshot()["digest"] == console.digest()
    assert took < WITHIN


def in_order_once(console):
    sequence = [seq for seq, _, _ in console.seen]
    assert sequence == sorted(set(sequence))
    about_cases = Event.objects.filter(incident__isnull=False, seq__gte=sequence[0])
    assert set(sequence) == set(about_cases.values_list("seq", flat=True))


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_thousand_changes_while_away(how, live_desk, alice):
    cases = [file_case().incident for _ in range(8)]
    with Console(live_desk, alice) as console:
        console.start()
        if how == "reset":
            console.socket.socket.close()  # without a word, as a proxy does
        console.close()
        for _ in range(10):
            noise(100, cases)
        file_case()
        equal_within(console)

        assert console.resets == []
        in_order_once(console)


def test_away_for_too_long_starts_again_from_a_snapshot(live_desk, alice):
    cases = [file_case().incident for _ in range(4)]
    with Console(live_desk, alice) as console:
        console.start()
        console.close()
        for _ in range(3):
            noise(MOST_EVENTS // 2, cases)
        equal_within(console)

        assert console.resets == ["behind"]


def test_a_killed_server_is_nothing_to_a_console(live_desk, alice):
    cases = [file_case().incident for _ in range(4)]
    with Web() as desk, Console(desk, alice) as console:
        console.start()
        desk.kill()
        console.drain()
        noise(300, cases)
        desk.start()
        noise(30, cases)
        equal_within(console)

        in_order_once(console)


def test_another_epoch_is_another_snapshot(live_desk, alice, denise):
    with Console(live_desk, alice) as console:
        console.start()
        console.hello(epoch=str(uuid.uuid4()))
        console.until(lambda: console.resets == ["epoch"])
        console.beat(5)
        console.hello(after=console.cursor + 100)  # from a future that was not restored
        console.until(lambda: console.resets == ["epoch", "epoch"])
        console.beat(5)


def test_a_new_epoch_resets_open_consoles(live_desk, alice, denise):
    with Console(live_desk, alice) as console:
        console.start()
        before = console.epoch
        epoch.begin(at=timezone.now())
        console.until(lambda: console.resets)
        console.beat(5)

        assert set(console.resets) == {"epoch"}
        assert console.epoch != before
        assert console.epoch == str(Head.objects.get().epoch)


def test_events_committed_while_a_replay_is_read_are_not_lost(live_desk, alice):
    """Many hellos under fire: the hand-over from replay to live has no gap and no repeat."""
    cases = [file_case().incident for _ in range(5)]
    stop = threading.Event()

    def fire():
        try:
            while not stop.is_set():
                noise(3, cases)
        finally:
            connection.close()

    thread = threading.Thread(target=fire)
    with Console(live_desk, alice) as console:
        console.start()
        console.close()
        thread.start()
        try:
            for _ in range(12):
                console.open()
                target = console.cursor + 40
                console.until(lambda t=target: console.cursor > t)
                console.close()
        finally:
            stop.set()
            thread.join()
        equal_within(console)

        in_order_once(console)
        assert console.resets == []
