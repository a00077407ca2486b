"""The public site travels compressed; where people work, nothing does."""

import gzip
import re

import pytest

from tests.people import client_of

pytestmark = pytest.mark.django_db
ASKED = {"HTTP_ACCEPT_ENCODING": "gzip, deflate, br"}


def plain(html):
    return re.sub('csrfmiddlewaretoken" value="[^"]+', "", html)


def test_a_public_page_is_a_third_of_its_bytes(client):
    whole = client.get("/").content.decode()
    answer = client.get("/", **ASKED)

    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    assert plain(gzip.decompress(answer.content).decode()) == plain(whole)
    assert len(answer.content) < len(whole) / 2


@pytest.mark.parametrize("path", ["/console/", "/comptes/moi/", "/api/v1/docs/"])
def test_a_page_beside_secrets_is_not(alice, path):
    answer = client_of(alice).get(path, **ASKED)

    assert answer.status_code == 200
    assert "Content-Encoding" not in answer
