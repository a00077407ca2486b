"""TAXII 2.1, writing: nothing is taken where we publish, and it is said before and in the answer."""

import pytest

from api.models import Push, Share
from tests.taxii import shelf
from tests.taxii.shelf import MEDIA, path_of

HEADERS = {"Content-Type": MEDIA}
ENVELOPE = {"objects": [shelf.indicator(7)]}


@pytest.mark.parametrize("name", ["communaute", "vide", "boite"])
def test_5_5_posting_where_nothing_can_be_written_is_403(filled, name):
    one = getattr(filled, name)

    answer = filled.reader.send("POST", f"{path_of(one)}objects/", json=ENVELOPE, headers=HEADERS)

    assert answer.status_code == 403
    assert answer.json()["title"]
    assert filled.reader.get(path_of(one)).json()["can_write"] is False
    assert not Push.objects.exists()


def test_5_5_posting_without_a_token_is_401_and_to_what_is_hidden_404(filled):
    def post(reader, one):
        answer = reader.send("POST", f"{path_of(one)}objects/", json=ENVELOPE, headers=HEADERS)
        return answer.status_code

    assert post(filled.nobody, filled.communaute) == 401
    assert post(filled.reader, filled.reservee) == 404


def test_4_3_a_status_that_is_gone_or_never_was_is_404(filled):
    path = "desk/status/2d086da7-4bdc-4f91-900e-d77486753710/"

    assert filled.reader.get(path).status_code == 404
    assert filled.nobody.get(path).status_code == 401


@pytest.mark.parametrize("name, status", [("reservee", 404), ("communaute", 403), ("boite", 403)])
def test_5_7_the_rights_that_deleting_needs(filled, name, status):
    one = getattr(filled, name)

    answer = filled.reader.send("DELETE", f"{path_of(one)}objects/{filled.many}/")

    assert answer.status_code == status
    assert Share.objects.filter(stix_id=filled.many).count() == 3


def test_5_7_what_was_withdrawn_is_404_and_in_no_listing(bare):
    row = shelf.put(bare.communaute, bare.release, [shelf.indicator(1), shelf.indicator(2)])[0]
    base = path_of(bare.communaute)
    assert bare.reader.get(f"{base}objects/{row.stix_id}/").status_code == 200

    Share.objects.filter(pk=row.pk).delete()

    assert bare.reader.get(f"{base}objects/{row.stix_id}/").status_code == 404
    for listing in ("objects/", "manifest/"):
        assert row.stix_id not in bare.reader.get(f"{base}{listing}").text


READ_ONLY = [
    ("POST", "objects/", 403),
    ("DELETE", "objects/{id}/", 403),
    ("POST", "", 405),
    ("DELETE", "", 405),
    ("PUT", "objects/", 405),
    ("PATCH", "objects/{id}/", 405),
    ("DELETE", "objects/", 405),
    ("POST", "objects/{id}/", 405),
    ("POST", "manifest/", 405),
    ("DELETE", "objects/{id}/versions/", 405),
    ("POST", "objects", 404),
    ("DELETE", "objects/{id}", 404),
    ("POST", "nonsense/", 404),
]


@pytest.mark.parametrize("method, rest, status", READ_ONLY)
def test_3_6_1_each_refusal_of_a_read_only_collection_is_an_error_resource(
    filled, method, rest, status
):
    path = f"{path_of(filled.communaute)}{rest.format(id=filled.many)}"

    answer = filled.reader.send(method, path, json=ENVELOPE, headers=HEADERS)

    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA
    assert answer.json()["title"]
    assert answer.json()["http_status"] == str(status)
    assert ("allow" in answer.headers) == (status == 405)


def test_3_6_1_a_method_that_is_not_there_names_those_that_are(filled):
    def allowed(path):
        return filled.reader.send("PUT", path).headers["allow"]

    base = path_of(filled.communaute)
    assert allowed(f"{base}objects/") == "GET, HEAD, POST"
    assert allowed(f"{base}objects/{filled.many}/") == "GET, HEAD, DELETE"
    for path in ("", "desk/", "desk/collections/", base, f"{base}manifest/"):
        assert allowed(path) == "GET, HEAD"


@pytest.mark.parametrize("kind", [MEDIA, "application/taxii+json", "text/plain", ""])
def test_5_5_the_rights_are_looked_at_before_what_is_sent(filled, kind):
    """A defined content type is never 415, and nobody who may not write has a body read."""
    for content in (b"", b"{", b'{"objects": []}', b"\xff"):
        answer = filled.reader.send(
            "POST",
            f"{path_of(filled.communaute)}objects/",
            content=content,
            headers={"Content-Type": kind},
        )
        assert answer.status_code == 403


def test_1_6_8_what_cannot_be_read_is_406_whatever_is_asked(filled):
    base = path_of(filled.communaute)
    accept = {"Accept": "application/taxii+json;version=2.0"}
    asked = [
        ("GET", "desk/"),
        ("GET", f"{base}objects/"),
        ("GET", f"{base}manifest/"),
        ("POST", f"{base}objects/"),
        ("DELETE", f"{base}objects/{filled.many}/"),
        ("GET", "desk/status/2d086da7-4bdc-4f91-900e-d77486753710/"),
    ]

    for method, path in asked:
        answer = filled.reader.send(method, path, headers=accept)
        assert (answer.status_code, answer.headers["content-type"]) == (406, MEDIA)
        assert answer.json()["http_status"] == "406"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("key", ["2d086da7-4bdc-4f91-900e-d77486753710", "nonsense", "%00"])
def test_4_3_any_status_is_404_as_json(filled, method, key):
    answer = filled.reader.send(method, f"desk/status/{key}/")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == MEDIA
    assert method == "HEAD" or answer.json()["http_status"] == "404"
    assert filled.reader.send("POST", "desk/status/x/").status_code == 405
