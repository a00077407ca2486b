"""A3: codes cannot be guessed, and an honest victim is served while somebody tries.

The full number of the promise, 20,000, is run by ``python -m bench codes``; here less.
"""

import time
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from csirt.kernel import codes
from tests.intake.conftest import MONDAY
from tests.intake.test_followup import page_of, visit
from tests.reporters import waited, waits, worked

TRIES = 400


def guess(client):
    return client.post("/suivi/", {"code": codes.random_code()})


def test_from_one_address_ten_a_minute_are_checked_without_effort_and_none_opens(denise):
    eve, looked_up = Client(REMOTE_ADDR="198.51.100.7"), 0
    with time_machine.travel(MONDAY, tick=False) as clock:
        for _ in range(TRIES):
            response = guess(eve)
            assert "sessionid" not in eve.cookies
            looked_up += not waits(response.content.decode())
            clock.shift(timedelta(seconds=0.06))  # a thousand a minute

    assert looked_up <= 10


def test_from_two_hundred_addresses_none_opens_and_the_right_code_is_served(denise):
    honest, eve, slowest = Client(REMOTE_ADDR="203.0.113.9"), Client(), 0.0
    for number in range(TRIES):
        eve.defaults["REMOTE_ADDR"] = f"198.51.100.{number % 200}"
        guess(eve)
        assert "sessionid" not in eve.cookies
        if number % 100 == 0:
            begun = time.monotonic()
            assert denise.reference in page_of(visit(denise, REMOTE_ADDR="203.0.113.9"))
            slowest = max(slowest, time.monotonic() - begun)

    assert slowest < 5
    assert "sessionid" not in honest.cookies


@pytest.mark.parametrize("effort", ["work", "wait"])
def test_the_right_code_opens_from_the_guessers_own_address(denise, effort):
    """A neighbour guesses; the victim types her code once, and it opens within half a minute."""
    victim = Client(REMOTE_ADDR="198.51.100.7")
    with time_machine.travel(MONDAY, tick=False) as clock:
        for _ in range(50):
            guess(Client(REMOTE_ADDR="198.51.100.7"))
        page = victim.post("/suivi/", {"code": denise.code}).content.decode()
        assert waits(page)
        if effort == "wait":
            clock.shift(timedelta(seconds=30))
        for _ in range(50):  # and goes on
            guess(Client(REMOTE_ADDR="198.51.100.7"))
        fields = worked(page) if effort == "work" else waited(page)

        assert victim.post("/suivi/", fields)["Location"] == "/suivi/"
        assert denise.reference in page_of(victim)


def test_the_effort_for_one_code_is_worth_nothing_for_another(denise):
    eve = Client(REMOTE_ADDR="198.51.100.7")
    with time_machine.travel(MONDAY, tick=False):
        fields = worked([guess(eve) for _ in range(6)][-1].content.decode())

        assert waits(eve.post("/suivi/", {**fields, "code": denise.code}).content.decode())


@pytest.mark.parametrize("field", ["code", "codes", "CODE"])
def test_a_code_in_the_query_opens_nothing(denise, client, field):
    assert denise.reference not in client.get(f"/suivi/?{field}={denise.code}").content.decode()
