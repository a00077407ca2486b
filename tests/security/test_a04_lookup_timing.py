"""A4: no clock and no answer tells a code that ended, and why, from one that never was."""

import os
import re
import statistics
import time
from math import erfc, sqrt

import pytest

from csirt.accounts.principals import Person
from csirt.journal import change
from csirt.journal.epoch import SYSTEM
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from incidents.models import AccessCode, Incident
from incidents.services.erasing import erase
from incidents.services.following import access_by_code
from incidents.services.transitions import reject
from tests.people import file_case

TOKEN = re.compile(rb'(?<=csrfmiddlewaretoken" value=")\w+')
ROUNDS = int(os.environ.get("CSIRT_TEST_LOOKUPS", "600"))  # of each kind; before a release, 2000
MOST = 0.001  # seconds between the medians
TRIES = 3  # chance says "different" once in a hundred times, a difference each time


def taken(code):
    """Return the seconds that one look-up takes."""
    begun = time.perf_counter()
    with pytest.raises(NotFound):
        access_by_code(code)
    return time.perf_counter() - begun


def p_value(one, other):
    """Return the two-sided p of Mann and Whitney, by the normal approximation."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(rank for rank, (_, of) in enumerate(ranked, 1) if of == 0)
    n, m = len(one), len(other)
    u = ranks - n * (n + 1) / 2
    spread = sqrt(n * m * (n + m + 1) / 12)
    return erfc(abs(u - n * m / 2) / spread / sqrt(2))


@pytest.fixture
def over(alice):
    """Return codes that open nothing any more, by why."""
    made = {why: [file_case() for _ in range(3)] for why in ("revoked", "ended", "erased")}
    for victim in made["ended"] + made["erased"]:
        case, by = victim.incident, Person.of(alice)
        reject(incident=case.uuid, version=case.version, by=by, reason="Un essai.", now=now())
    AccessCode.objects.update(revoked_at=now())
    for victim in made["erased"]:
        case = Incident.objects.get(pk=victim.incident.pk)
        change(erase)(case, by=SYSTEM, now=now())
    assert AccessCode.objects.count() == 6
    return {why: [victim.code for victim in victims] for why, victims in made.items()}


def test_no_clock_tells_them_from_a_wrong_code(over):
    """Each kind in turn, so that a busy machine slows them all."""
    for _ in range(50):
        taken(codes.random_code())
    for _ in range(TRIES):
        times = {"wrong": [], **{why: [] for why in over}}
        for number in range(ROUNDS):
            kinds = list(times)
            shift = number % len(kinds)
            for why in kinds[shift:] + kinds[:shift]:
                known = over.get(why)
                code = known[number % len(known)] if known else codes.random_code()
                times[why].append(taken(code))
        wrong = times.pop("wrong")
        medians = {why: statistics.median(some) for why, some in times.items()}
        chances = {why: p_value(wrong, some) for why, some in times.items()}
        assert all(abs(statistics.median(wrong) - one) < MOST for one in medians.values()), medians
        if min(chances.values()) > 0.01:
            return
    raise AssertionError(chances)


def test_they_get_the_same_answer_byte_for_byte(over, client):
    def answer(code):
        response = client.post("/suivi/", {"code": code})
        body = response.content.replace(code.encode(), b"#")
        return response.status_code, TOKEN.sub(b"#", body)

    wrong = answer(codes.random_code())

    assert wrong[0] == 200
    assert {why: answer(known[0]) for why, known in over.items()} == dict.fromkeys(over, wrong)
