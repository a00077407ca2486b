"""Consumers read every event once, in order; a bad event is parked, not a dead end."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from csirt.accounts.models import Invitation
from csirt.accounts.roles import Role
from csirt.journal import change, consumers, declare, drain, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Consumer, Head, Parked
from csirt.kernel.clock import now
from tests.people import file_case

RANG = declare("bell.rang", number="int")


@change
def ring(number, about=None):
    subject = about or Head.objects.get(pk=1)
    record(RANG, subject, by=SYSTEM, at=now(), data={"number": number})


@pytest.fixture
def heard(monkeypatch):
    """A consumer on its own that keeps what it hears."""
    numbers = []
    monkeypatch.setattr(consumers, "_consumers", {})
    consumers.register("ears", lambda event: numbers.append(event.data["number"]))
    return numbers


def test_events_are_heard_once_and_in_order(db, heard):
    for number in range(450):
        ring(number)

    assert drain() == 450
    assert drain() == 0
    assert heard == list(range(450))


def test_other_kinds_are_passed_over(db, heard):
    numbers = []
    consumers.register("deaf", numbers.append, kinds=["bell.broke"])
    ring(1)
    drain()

    assert numbers == []
    assert Consumer.objects.get(name="deaf").seq == Head.objects.get(pk=1).seq


def test_who_makes_an_incident_anew_hears_the_last_of_its_events(db, monkeypatch):
    case, other = file_case().incident, file_case().incident
    heard = []
    monkeypatch.setattr(consumers, "_consumers", {})
    consumers.register("anew", heard.append, kinds=["bell.rang"], latest=True)
    for number, about in enumerate([case, case, other, None, None, case]):
        ring(number, about)
    drain()

    assert [event.data["number"] for event in heard] == [2, 3, 4, 5]
    assert Consumer.objects.get(name="anew").seq == Head.objects.get(pk=1).seq


def test_a_failing_event_is_parked_after_five_tries_and_the_others_go_on(db, monkeypatch):
    tries, heard = [], []

    def fragile(event):
        if event.data["number"] == 2:
            tries.append(1)
            raise ValueError("cracked")
        heard.append(event.data["number"])

    monkeypatch.setattr(consumers, "_consumers", {})
    consumers.register("glass", fragile)
    for number in (1, 2, 3):
        ring(number)
    drain()

    assert heard == [1, 3]
    assert len(tries) == consumers.PARK_AFTER
    parked = Parked.objects.get()
    assert (parked.consumer, parked.seq, parked.error) == ("glass", 2, "ValueError: cracked")


def test_a_patient_consumer_waits_before_it_tries_again(db, monkeypatch):
    tries = []

    def broken(event):
        tries.append(1)
        raise ValueError

    monkeypatch.setattr(consumers, "_consumers", {})
    consumers.register("glass", broken)
    ring(1)
    at = now()
    consumers.step("glass", at=at)
    consumers.step("glass", at=at + timedelta(seconds=1))
    assert len(tries) == 1
    consumers.step("glass", at=at + timedelta(seconds=3))
    assert len(tries) == 2


def test_what_a_failing_handler_wrote_is_undone(db, monkeypatch):
    def half(event):
        Invitation.objects.create(
            email="x@exemple.fr", role=Role.LEAD, digest="x", created_at=now(), expires_at=now()
        )
        raise ValueError

    monkeypatch.setattr(consumers, "_consumers", {})
    consumers.register("half", half)
    ring(1)
    drain()

    assert not Invitation.objects.exists()


def test_three_workers_hear_nothing_twice(transactional_db, heard):
    for number in range(300):
        ring(number)

    def work():
        try:
            while Consumer.objects.filter(name="ears", seq=300).count() == 0:
                consumers.step("ears", at=now())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(heard) == list(range(300))


def test_lag_says_how_far_a_consumer_is_behind(db, heard):
    ring(1)
    ring(2)

    count, seconds = consumers.lag(now() + timedelta(seconds=90))["ears"]
    assert count == 2
    assert 89 < seconds < 100

    drain()
    assert consumers.lag(now()) == {}


def test_a_consumer_is_late_when_an_event_has_waited_for_a_minute(db, heard):
    Consumer.objects.get_or_create(name="ears")
    ring(1)

    assert not consumers.is_late(now() + timedelta(seconds=59))
    assert consumers.is_late(now() + timedelta(seconds=61))
    drain()
    assert not consumers.is_late(now() + timedelta(seconds=61))
