"""C17: neither words nor a clock tell who has an account here. (A lost password is an admin's to answer.)"""

import os
import re
import statistics
import time

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from csirt.accounts import limits
from csirt.accounts.models import User
from csirt.accounts.roles import Role
from tests.people import PASSWORD, person
from tests.security.test_a04_lookup_timing import p_value

LOGIN = "/comptes/connexion/"
ROUNDS = int(os.environ.get("CSIRT_TEST_LOOKUPS", "60"))  # of each kind; before a release, 2000
MOST = 0.001  # seconds between the medians, or a twentieth of them where the machine is busy
TRIES = 6  # chance says "different" once in a hundred times, a difference each time
TOKEN = re.compile(rb'(?<=csrfmiddlewaretoken" value=")\w+')


class Quick(PBKDF2PasswordHasher):
    """As in production, a fiftieth as long: a difference of one hash would still be milliseconds."""

    iterations = 20_000


@pytest.fixture
def kinds(db, settings, monkeypatch):
    """Return an address and a password for each reason that lets nobody in."""
    settings.PASSWORD_HASHERS = [f"{__name__}.Quick"]
    for bound in ("PER_SOURCE", "PER_ADDRESS", "PER_ACCOUNT"):
        monkeypatch.setattr(limits, bound, 10**9)
    person("Wrong", Role.ANALYST, email="faux@exemple.fr")
    closed = person("Closed", Role.ANALYST, email="ferme@exemple.fr")
    User.objects.filter(pk=closed.pk).update(is_active=False)
    without = person("Without", Role.ANALYST, email="sans@exemple.fr")
    without.set_unusable_password()
    without.save()
    return {
        "unknown": ("personne@exemple.fr", PASSWORD),
        "wrong": ("faux@exemple.fr", "faux-mot-de-passe"),
        "closed": ("ferme@exemple.fr", PASSWORD),
        "without": ("sans@exemple.fr", PASSWORD),
    }


def give(client, pair):
    email, password = pair
    return client.post(LOGIN, {"login": email, "password": password})


def test_no_clock_tells_them_apart(kinds):
    client = Client()
    for pair in list(kinds.values()) * 5:
        give(client, pair)
    taken = {kind: [] for kind in kinds}  # of all tries together: a busy machine asks for more
    for _ in range(TRIES):
        for number in range(ROUNDS):
            names = list(kinds)
            shift = number % len(names)
            for kind in names[shift:] + names[:shift]:
                begun = time.perf_counter()
                give(client, kinds[kind])
                taken[kind].append(time.perf_counter() - begun)
        times = dict(taken)
        unknown = times.pop("unknown")
        medians = {kind: statistics.median(some) for kind, some in times.items()}
        chances = {kind: p_value(unknown, some) for kind, some in times.items()}
        middle = statistics.median(unknown)
        near = all(abs(middle - one) < max(MOST, middle / 20) for one in medians.values())
        if near and min(chances.values()) > 0.01:
            return
    raise AssertionError((statistics.median(unknown), medians, chances))


def test_the_answer_is_the_same_byte_for_byte(kinds):
    def answer(pair):
        response = give(Client(), pair)
        body = TOKEN.sub(b"#", response.content).replace(pair[0].encode(), b"#")
        return response.status_code, sorted(response.cookies), body

    said = {kind: answer(pair) for kind, pair in kinds.items()}

    assert said["unknown"][0] == 200
    assert said == dict.fromkeys(kinds, said["unknown"])


@pytest.mark.parametrize("password", ["", " ", "\x00"])
def test_an_empty_password_says_no_more(kinds, password):
    known, unknown = ({"login": e, "password": password} for e in ("faux@exemple.fr", "x@y.fr"))

    answers = [Client().post(LOGIN, fields) for fields in (known, unknown)]
    assert len({str(dict(answer.context["form"].errors)) for answer in answers}) == 1
