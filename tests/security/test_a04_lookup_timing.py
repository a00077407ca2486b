"""A4: a wrong code and one that was revoked take the same time and get the same answer."""

import re
import statistics
import time
from math import erfc, sqrt

import pytest

from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from incidents.models import AccessCode
from incidents.services.following import access_by_code
from tests.people import file_case

TOKEN = re.compile(rb'(?<=csrfmiddlewaretoken" value=")\w+')
ROUNDS = 600
MOST = 0.001  # seconds between the medians


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


def test_a_revoked_code_cannot_be_told_from_a_wrong_one_by_the_clock(db):
    revoked = [file_case().code for _ in range(20)]
    AccessCode.objects.update(revoked_at=now())
    for _ in range(50):
        taken(codes.random_code())
    wrong, ended = [], []
    for number in range(ROUNDS):  # in turns, so that a busy machine slows both
        pair = [(wrong, codes.random_code()), (ended, revoked[number % len(revoked)])]
        for times, code in pair if number % 2 else reversed(pair):
            times.append(taken(code))

    assert abs(statistics.median(wrong) - statistics.median(ended)) < MOST
    assert p_value(wrong, ended) > 0.01


def test_the_two_get_the_same_answer_byte_for_byte(denise, client):
    AccessCode.objects.update(revoked_at=now())

    def answer(code):
        response = client.post("/suivi/", {"code": code})
        body = response.content.replace(code.encode(), b"#")
        return response.status_code, TOKEN.sub(b"#", body)

    assert answer(denise.code) == answer(codes.random_code())
