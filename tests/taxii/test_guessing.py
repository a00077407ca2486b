"""D3 and D9: no clock tells what is hidden from what is not there, and guessing tokens leads nowhere."""

import os
import statistics
import time
import uuid

from csirt.kernel import tokens
from tests.security.test_a04_lookup_timing import p_value
from tests.taxii import shelf
from tests.taxii.shelf import MEDIA, in_process

ROUNDS = int(os.environ.get("CSIRT_TEST_LOOKUPS", "300"))  # of each kind; before a release, 2000
GUESSES = int(os.environ.get("CSIRT_TEST_TOKENS", "2000"))  # before a release, 100000
MOST = 0.001  # seconds between the medians
TRIES = 6  # chance says "different" once in a hundred times, a difference each time


def paths(filled, number):
    """Return the addresses that are asked for in one round, by what stands there."""
    objects = f"collections/{filled.communaute.uuid}/objects"
    return {
        "absent collection": f"collections/{uuid.uuid4()}/objects/",
        "hidden collection": f"collections/{filled.reservee.uuid}/objects/",
        "absent object": f"{objects}/{shelf.indicator(10_000 + number)['id']}/",
        "hidden object": f"{objects}/{shelf.indicator(500)['id']}/",
    }


def measured(filled, rounds):
    """Return the seconds of each read, each kind in turn, so that a busy machine slows them all."""

    async def talk(client):
        times = {name: [] for name in paths(filled, 0)}
        for number in range(rounds):
            asked = paths(filled, number)
            names, shift = list(asked), number % len(asked)
            for name in names[shift:] + names[:shift]:
                begun = time.perf_counter()
                answer = await client.get(
                    f"/taxii2/desk/{asked[name]}", auth=filled.login, headers={"accept": MEDIA}
                )
                times[name].append(time.perf_counter() - begun)
                assert answer.status_code == 404
        return times

    return in_process(talk)


def test_no_clock_tells_a_hidden_collection_or_object_from_none(filled):
    measured(filled, 20)
    seen, times = [], {name: [] for name in paths(filled, 0)}
    for _ in range(TRIES):
        for name, more in measured(filled, ROUNDS).items():  # all tries together
            times[name] += more
        pairs = [
            (times[f"absent {what}"], times[f"hidden {what}"]) for what in ("collection", "object")
        ]
        apart = [abs(statistics.median(one) - statistics.median(other)) for one, other in pairs]
        chances = [p_value(one, other) for one, other in pairs]
        if max(apart) < MOST and min(chances) > 0.01:
            return
        seen.append((apart, chances))
    raise AssertionError(seen)


def test_guessing_finds_no_token_and_keeps_no_honest_program_out(filled):
    """From one address: a known prefix with other secrets, and tokens made up whole."""
    prefix = filled.token.split("_")[1]

    def guess(number):
        made_up, _prefix, _digest = tokens.new("occ")
        return made_up if number % 2 else f"occ_{prefix}_{made_up.rsplit('_', 1)[1]}"

    async def talk(client):
        answered, honest = {}, []
        for number in range(GUESSES):
            answer = await client.get("/taxii2/", auth=("csirt-voisin", guess(number)))
            answered[answer.status_code] = answered.get(answer.status_code, 0) + 1
            if number % 100 == 99:
                begun = time.perf_counter()
                mine = await client.get("/taxii2/desk/collections/", auth=filled.login)
                honest.append((mine.status_code, time.perf_counter() - begun))
        return answered, honest

    answered, honest = in_process(talk)

    assert set(answered) <= {401, 429}
    assert answered[429] > GUESSES / 2
    assert {status for status, _seconds in honest} == {200}
    assert max(seconds for _status, seconds in honest) < 5
