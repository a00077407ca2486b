"""Token buckets: counted in the database, the same for every process."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory

from csirt.web.limits import client, forget_full, give_back, take_token
from csirt.web.models import Bucket
from tests.intake.conftest import MONDAY

RATE, BURST = 0.5, 3  # one token every two seconds


def take(after=0.0, key="code|192.0.2.1"):
    return take_token(key, RATE, BURST, MONDAY + timedelta(seconds=after))


def test_a_full_bucket_gives_its_burst_then_says_how_long_to_wait(db):
    assert [take() for _ in range(3)] == [0, 0, 0]
    assert take() == pytest.approx(2.0)
    assert take(after=0.5) == pytest.approx(1.5)


def test_it_refills_with_time_and_never_beyond_its_burst(db):
    for _ in range(3):
        take()

    assert take(after=2) == 0
    assert take(after=2) > 0
    assert [take(after=1000) for _ in range(3)] == [0, 0, 0]
    assert take(after=1000) > 0


def test_a_refusal_takes_nothing(db):
    for _ in range(3):
        take()
    for _ in range(50):
        take(after=1)

    assert take(after=2) == 0


def test_another_key_is_another_bucket(db):
    for _ in range(4):
        take()

    assert take(key="code|192.0.2.2") == 0


def test_a_token_can_be_given_back(db):
    for _ in range(3):
        take()
    give_back("code|192.0.2.1", RATE)

    assert take() == 0
    assert take() > 0


def test_the_table_holds_no_address(db):
    take()

    assert "192.0.2.1" not in str(Bucket.objects.values())


def test_full_buckets_are_forgotten(db):
    take()

    assert forget_full(MONDAY) == 0
    assert forget_full(MONDAY + timedelta(seconds=3)) == 1


def test_parallel_requests_share_one_bucket(transactional_db):
    def one(_):
        try:
            return take()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(one, range(24)))

    assert waits.count(0) == BURST


@pytest.mark.parametrize(
    "address, counted",
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "unknown"),
        ("", "unknown"),
    ],
)
def test_one_subscriber_counts_as_one(address, counted):
    request = RequestFactory().get("/")
    request.META["desk.address"] = address

    assert client(request) == counted
