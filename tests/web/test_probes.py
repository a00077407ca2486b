"""A load balancer asks the two probes by address; every other page knows its own name only."""

import pytest
from django.test import Client

NAME = "csirt.exemple.fr"
PROBES = ["/healthz", "/readyz"]
HOSTS = [
    "127.0.0.1:8000",
    "10.0.0.7",
    "[::1]:8000",
    "csirt.exemple.fr",
    "ailleurs.exemple",
    "a b/<",
]


@pytest.fixture
def client(transactional_db, settings):
    """What answers behind a production's settings."""
    settings.ALLOWED_HOSTS = [NAME]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]
    return Client()


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", PROBES)
def test_a_probe_answers_whatever_the_host(client, path, host):
    answer = client.get(path, headers={"host": host})

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert NAME not in str(answer.headers)


@pytest.mark.parametrize("path", ["/", "/healthz/", "//healthz", "/?/healthz", "/suivi/"])
def test_every_other_address_refuses_a_host_that_is_not_ours(client, path):
    answer = client.get(path, secure=True, headers={"host": "ailleurs.exemple"})

    assert answer.status_code == 400


@pytest.mark.parametrize("path", PROBES)
def test_a_probe_takes_no_order(client, path):
    assert client.post(path, headers={"host": "10.0.0.7"}).status_code == 405
