"""A12: bodies that dribble are dropped, and hold up nobody meanwhile.

The full number of the promise, three hundred for a minute, is run by ``python -m bench flood``.
"""

import asyncio

import pytest

from tests.reporters import Crowd, dribble
from tests.server import Web

SLOW = 60
SECONDS = 2  # that a body may take, here
ROOM = 2  # seconds
ANSWERED = 2.0  # seconds, for 95 of 100 honest reports
BUSY = 4  # or so many times what a report takes now without them, on a busy machine


@pytest.fixture
def web(transactional_db):
    with Web(CSIRT_BODY_SECONDS=str(SECONDS)) as web:
        yield web


def test_slow_bodies_are_dropped_while_others_are_served(web):
    quiet, crowd = (
        Crowd(web.port, text="Avant, {number}."),
        Crowd(web.port, text="Pendant, {number}."),
    )

    async def both():
        await quiet.file(3, at_once=2)
        slow = [asyncio.ensure_future(dribble(web.port, every=0.2)) for _ in range(SLOW)]
        await asyncio.sleep(0.2)  # all are under way
        await crowd.file(20, at_once=2)
        return await asyncio.gather(*slow)

    dropped = asyncio.run(both())

    assert len(crowd.shown) == 20
    assert crowd.slowest() < max(ANSWERED, BUSY * quiet.slowest())
    assert {answer for answer, _took in dropped} == {b"HTTP/1.1 408"}
    assert max(took for _answer, took in dropped) < SECONDS + ROOM
