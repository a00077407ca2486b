"""A new signing key, put before the old one, ends nobody's session."""

import secrets

import pytest
from zeal import zeal_ignore

from tests.people import client_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_session_outlives_the_key_that_signed_it(alice, settings):
    client, old = client_of(alice), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = secrets.token_urlsafe(48), [old]
    with zeal_ignore(
        [{"model": "accounts.Session", "field": "get()"}]
    ):  # taken up once: read again
        assert client.get("/console/").status_code == 200

    settings.SECRET_KEY_FALLBACKS = []  # taken up under the new key meanwhile
    assert client.get("/console/").status_code == 200


def test_without_the_old_key_everybody_logs_in_again(alice, settings):
    client = client_of(alice)
    settings.SECRET_KEY = secrets.token_urlsafe(48)

    assert client.get("/console/").status_code == 302
