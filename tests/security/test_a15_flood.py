"""A15: a flood closes nothing: honest reports are accepted while it lasts, and it is set apart.

Real requests to a server of its own, beside each other. ``python -m bench flood`` goes on for longer.
"""

import asyncio
from urllib.parse import urlencode

import pytest

from csirt.kernel import codes
from incidents.models import Incident, Report
from tests.people import file_case
from tests.reporters import Crowd, last_page, waits, worked
from tests.server import Web

MOST, DESK, FLOOD = 4, 16, 24
PACE = 0.1  # seconds between two hostile reports: three times what is promised
HONEST = 8
ANSWERED = 3.0  # seconds, for 95 of 100 honest reports
BUSY = 4  # or so many times what a report takes now without any flood, on a busy machine


@pytest.fixture(scope="module")
def web(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        web = Web(
            CSIRT_TRUSTED_PROXIES="127.0.0.1",
            CSIRT_REPORTS_ADDRESS=str(MOST),
            CSIRT_REPORTS_DESK=str(DESK),
        )
    yield web
    web.stop()


@pytest.fixture
def crowd(transactional_db, web):
    if not web.running:
        web.start()
    return Crowd(web.port)


async def beside(crowd, attackers):
    """Let addresses flood, some reports with effort, beside honest people; return the lot of these."""
    asked = []

    async def careless(number):
        await asyncio.sleep(number * PACE)
        body = last_page(codes.new_token(), "Flot")
        _status, page = await crowd.post(body, address=attackers[number % len(attackers)])
        asked.append(waits(page))

    async def stubborn():
        await asyncio.sleep(0.8 * FLOOD * PACE)  # the bucket is empty by then
        await crowd.with_effort(attackers[0], "Flot")

    async def honest(number):
        await asyncio.sleep(number * 2 * PACE)
        return await crowd.with_effort(f"203.0.113.{number}", "Une vraie personne")

    flood = [careless(number) for number in range(FLOOD)]
    flood += [stubborn() for _ in range(3)]
    quiet = [await crowd.with_effort(f"192.0.2.{number}", "Avant") for number in range(3)]
    lot = await asyncio.gather(*map(honest, range(HONEST)), *flood)
    honest_lot = lot[:HONEST]
    assert slowest(honest_lot) < max(ANSWERED, BUSY * slowest(quiet))
    return honest_lot, asked


def slowest(lot):
    return sorted(took for _effort, took in lot)[int(len(lot) * 0.95)]


def test_a_flood_from_one_address_does_not_concern_the_others(crowd):
    lot, asked = asyncio.run(beside(crowd, ["198.51.100.7"]))

    assert Report.objects.filter(text="Une vraie personne").count() == HONEST
    assert not any(effort for effort, _took in lot)
    assert asked.count(False) <= MOST
    assert Incident.objects.filter(apart=False).count() <= 3 + HONEST + MOST
    assert set(Report.objects.filter(incident__apart=True).values_list("text")) == {("Flot",)}


def test_in_a_flood_from_many_addresses_all_are_accepted_and_the_rest_is_set_apart(crowd):
    attackers = [f"198.51.{number // 250}.{number % 250}" for number in range(500)]
    _lot, asked = asyncio.run(beside(crowd, attackers))

    assert Report.objects.filter(text="Une vraie personne").count() == HONEST
    assert True in asked
    assert Incident.objects.filter(apart=False).count() <= DESK + 1  # one more each two minutes
    assert Incident.objects.filter(apart=True).exists()


def test_a_victim_behind_the_attackers_address_files_and_follows(crowd):
    victim = file_case()

    async def both():
        for _ in range(MOST):
            await crowd.with_effort("198.51.100.7", "Flot")
        effort, _ = await crowd.with_effort("198.51.100.7", "Une vraie personne")
        for _ in range(6):
            body = urlencode({"code": codes.random_code(), "csrfmiddlewaretoken": "c" * 32})
            _, page = await crowd.post(body.encode(), address="198.51.100.7", path="/suivi/")
        body = urlencode({"code": victim.code, "csrfmiddlewaretoken": "c" * 32})
        _, page = await crowd.post(body.encode(), address="198.51.100.7", path="/suivi/")
        assert waits(page)
        body = urlencode(worked(page)).encode()
        return effort, (await crowd.post(body, address="198.51.100.7", path="/suivi/"))[0]

    assert asyncio.run(both()) == (True, 302)
    assert Report.objects.get(text="Une vraie personne").incident.apart
