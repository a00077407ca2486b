"""C15: guessing is slowed by account and source; a stranger's tries are never the owner's."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from csirt.accounts import limits
from csirt.accounts.models import FailedAttempt
from tests.accounts.test_logging_in import CODE, LOGIN, give_password
from tests.people import totp

NOON = datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)


@pytest.fixture
def noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def guess(client, user, *, times=1):
    return [
        client.post(LOGIN, {"login": user.email, "password": f"faux-{n}"}) for n in range(times)
    ]


def slowed(answer):
    return "Trop d&#x27;essais" in answer.content.decode()


def test_five_wrong_passwords_a_minute_then_even_the_right_one_waits(alice, noon):
    client = Client(REMOTE_ADDR="203.0.113.7")
    assert not any(map(slowed, guess(client, alice, times=5)))

    assert slowed(give_password(client, alice))
    noon.shift(60)
    assert give_password(client, alice)["Location"] == CODE


def test_the_owner_comes_in_from_elsewhere_meanwhile(alice, noon):
    guess(Client(REMOTE_ADDR="203.0.113.7"), alice, times=50)

    assert give_password(Client(REMOTE_ADDR="198.51.100.9"), alice)["Location"] == CODE


def test_a_device_that_has_logged_in_is_never_crowded_out(alice, noon):
    device = Client(REMOTE_ADDR="203.0.113.7")
    give_password(device, alice)
    device.post(CODE, {"code": totp(alice)})
    device.post("/comptes/deconnexion/")
    for address in range(40):
        guess(Client(REMOTE_ADDR=f"203.0.113.{address}"), alice, times=5)

    assert slowed(give_password(Client(REMOTE_ADDR="192.0.2.1"), alice))
    assert give_password(device, alice)["Location"] == CODE


def test_many_addresses_together_are_slowed_too(alice, noon):
    for address in range(20):
        guess(Client(REMOTE_ADDR=f"203.0.113.{address}"), alice, times=5)

    assert limits.failures_of(alice.email, since=NOON - timedelta(minutes=1)) == limits.PER_ACCOUNT


def test_one_password_on_many_accounts_is_slowed(db, noon):
    client = Client(REMOTE_ADDR="203.0.113.7")
    for number in range(60):
        client.post(LOGIN, {"login": f"user{number}@exemple.fr", "password": "printemps"})

    assert FailedAttempt.objects.count() == limits.PER_ADDRESS  # the thirty after them left no row


def test_an_ipv6_neighbourhood_is_one_source(alice, noon):
    for number in range(1, 9):
        guess(Client(REMOTE_ADDR=f"2001:db8::{number}"), alice)

    assert FailedAttempt.objects.get().count == 5


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "X_Forwarded_For", "Forwarded", "X-Real-IP", "CF-Connecting-IP",
     "True-Client-IP", "X-Client-IP", "X-Forwarded-Host"],
)  # fmt: skip
def test_a_forged_header_is_not_an_address(alice, noon, header):
    """C14."""
    for number in range(9):
        forged = {header: f"10.0.0.{number}"} if header != "X-Forwarded-Host" else {header: "x.fr"}
        guess(Client(REMOTE_ADDR="203.0.113.7", headers=forged), alice)

    assert FailedAttempt.objects.get().count == 5


def test_a_right_password_costs_no_try(alice, noon):
    for _ in range(9):
        assert give_password(Client(REMOTE_ADDR="203.0.113.7"), alice)["Location"] == CODE


def test_failures_are_kept_without_the_address_that_was_typed(alice, noon):
    """C27; people type their password in the wrong field."""
    Client().post(LOGIN, {"login": "corde-marron@exemple.fr", "password": "x"})

    row = FailedAttempt.objects.get()
    assert row.minute == NOON.replace(second=0)
    assert "corde" not in str(vars(row))


def test_failures_are_forgotten_after_thirty_days(alice, noon):
    guess(Client(), alice)
    noon.shift(timedelta(days=31).total_seconds())
    guess(Client(), alice)

    assert FailedAttempt.objects.count() == 1


def test_the_old_password_is_not_guessed_on_an_open_session(alice, noon):
    from tests.people import client_of

    client = client_of(alice)
    new = "un-autre-mot-de-passe-long"
    for number in range(9):
        fields = {"oldpassword": f"faux-{number}", "password1": new, "password2": new}
        client.post("/comptes/mot-de-passe/", fields)

    assert FailedAttempt.objects.get().count == 5
