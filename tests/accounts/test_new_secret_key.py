"""A new signing key, put before the old one, ends nobody's session, and gives it no other name."""

import secrets

import pytest

from csirt.accounts.models import Session
from incidents.live import entry
from tests.people import client_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_session_outlives_the_key_that_signed_it(alice, settings):
    """As two processes answer in turn, the second of which signs with the new key already."""
    client, old, new = client_of(alice), settings.SECRET_KEY, secrets.token_urlsafe(48)
    name = client.cookies[settings.SESSION_COOKIE_NAME].value
    for keys in ((old, new), (new, old), (old, new)):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = keys[0], [keys[1]]
        assert client.get("/console/").status_code == 200
        assert entry.admitted(name, "localhost").person.user_id == alice.pk
    assert Session.objects.get(user=alice).session_key == name


def test_without_the_old_key_everybody_logs_in_again(alice, settings):
    client = client_of(alice)
    name = client.cookies[settings.SESSION_COOKIE_NAME].value
    settings.SECRET_KEY = secrets.token_urlsafe(48)

    assert entry.admitted(name, "localhost") is None
    assert client.get("/console/").status_code == 302
