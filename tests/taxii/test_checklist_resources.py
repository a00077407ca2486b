"""TAXII 2.1, discovery, resources and HTTP: each line of the standard that a server must keep."""

import re
from uuid import UUID

import httpx
import pytest

from tests.taxii.shelf import MEDIA, path_of

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def endpoints(desk):
    """Return an address of each endpoint, with what the partner may read."""
    base = path_of(desk.communaute)
    return [
        "",
        "desk/",
        "desk/collections/",
        base,
        f"{base}objects/",
        f"{base}manifest/",
        f"{base}objects/{desk.many}/",
        f"{base}objects/{desk.many}/versions/",
    ]


def test_8_2_1_discovery_is_at_the_root_of_the_server(filled):
    answer = httpx.get(f"{filled.url}/taxii2/", auth=filled.login, headers={"User-Agent": ""})

    assert answer.status_code == 200
    assert len(answer.json()["api_roots"]) >= 1


def test_4_1_1_discovery_has_a_title_and_absolute_roots_with_the_default_among_them(filled):
    body = filled.reader.get().json()

    assert set(body) == {"title", "description", "contact", "default", "api_roots"}
    assert body["title"]
    assert body["default"] in body["api_roots"]
    assert body["api_roots"] == [f"{filled.url}/taxii2/desk/"]
    assert filled.reader.get(body["default"]).status_code == 200


def test_4_2_1_an_api_root_says_its_versions_and_how_much_it_takes(filled):
    body = filled.reader.get("desk/").json()

    assert body["title"]
    assert body["versions"] == [MEDIA]
    assert isinstance(body["max_content_length"], int)
    assert body["max_content_length"] > 0


def test_4_2_1_a_smaller_body_than_that_is_not_too_large(filled):
    limit = filled.reader.get("desk/").json()["max_content_length"]
    url = f"{path_of(filled.communaute)}objects/"
    headers = {"Content-Type": MEDIA}

    fits = filled.reader.send("POST", url, content=b" " * (limit - 1), headers=headers)
    over = filled.reader.send("POST", url, content=b" " * (limit + 1), headers=headers)

    assert fits.status_code != 413
    assert over.status_code == 413
    assert over.json()["title"]


def test_5_1_collections_are_sorted_by_their_id(filled):
    listed = filled.reader.get("desk/collections/").json()["collections"]

    expected = {str(one.uuid) for one in (filled.communaute, filled.vide, filled.boite)}
    assert {one["id"] for one in listed} == expected
    assert [one["id"] for one in listed] == sorted(expected)


def test_5_2_a_collection_says_what_it_is(filled):
    body = filled.reader.get(path_of(filled.communaute)).json()

    assert body == {
        "id": str(filled.communaute.uuid),
        "title": "Communaute",
        "description": "Pour tous.",
        "alias": "communaute",
        "can_read": True,
        "can_write": False,
        "media_types": ["application/stix+json;version=2.1"],
    }
    assert UUID(body["id"]).version == 4


def test_5_2_the_alias_opens_the_same_collection(filled):
    by_alias = filled.reader.get("desk/collections/communaute/objects/", limit=3)
    by_id = filled.reader.objects(filled.communaute, limit=3)

    assert by_alias.json()["objects"] == by_id.json()["objects"]
    assert filled.reader.get("desk/collections/communaute/").json() == (
        filled.reader.get(path_of(filled.communaute)).json()
    )


def test_2_there_are_no_empty_lists_and_timestamps_have_microseconds(filled):
    for path in endpoints(filled):
        answer = filled.reader.get(path)
        assert "[]" not in answer.text, path
        for name in ("x-taxii-date-added-first", "x-taxii-date-added-last"):
            assert TIMESTAMP.fullmatch(answer.headers.get(name, "2026-01-01T00:00:00.000000Z"))
    for item in filled.reader.get(f"{path_of(filled.communaute)}manifest/").json()["objects"]:
        assert TIMESTAMP.fullmatch(item["date_added"])


def test_5_1_without_collections_the_key_is_omitted(bare):
    bare.communaute.delete()

    answer = bare.reader.get("desk/collections/")

    assert answer.status_code == 200
    assert answer.json() == {}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_3_1_every_answer_has_the_media_type(filled, method):
    for path in endpoints(filled):
        answer = filled.reader.send(method, path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"] == MEDIA
        assert bool(answer.content) == (method == "GET")
        assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "autre/", 404),
        ("GET", "desk/rien/", 404),
        ("GET", "desk/collections/absente/objects/", 404),
        ("GET", "desk/status/9a5d3d2c-7c1c-4f4e-8f3c-0d4e7d0c2b11/", 404),
        ("GET", "desk", 404),
        ("GET", "desk/collections/communaute/objects", 404),
        ("GET", "desk//collections/", 404),
        ("GET", "desk/collections/a%00b/", 404),
        ("GET", "desk/collections/%ff%fe/", 404),
        ("PUT", "desk/", 405),
        ("POST", "desk/collections/", 405),
        ("PATCH", "desk/collections/communaute/objects/", 405),
        ("OPTIONS", "", 405),
        ("GET", "desk/collections/communaute/objects/?limit=0", 400),
    ],
)
def test_3_6_1_an_error_has_a_title_and_its_status_as_a_string(filled, method, path, status):
    answer = filled.reader.send(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA
    assert answer.json()["title"]
    assert answer.json()["http_status"] == str(status)
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize("path", ["/taxii2", "/taxii2//", "/taxii2/desk/collections"])
def test_3_1_paths_end_in_one_slash_and_the_rest_is_no_page_of_the_site(filled, path):
    answer = httpx.get(f"{filled.url}{path}", auth=filled.login)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == MEDIA


@pytest.mark.parametrize(
    "accept",
    [
        None,
        MEDIA,
        "application/taxii+json",
        "application/taxii+json; version=2.1",
        'application/taxii+json;version="2.1"',
        f"{MEDIA},application/stix+json;version=2.1",
        "*/*",
        "application/*;q=0.5",
        "application/json, text/plain, */*",
        "text/html, application/taxii+json;q=0.1",
        "APPLICATION/TAXII+JSON;VERSION=2.1",
        "nonsense",
        "",
    ],
)
def test_1_6_8_a_defined_media_type_is_never_406(filled, accept):
    client = httpx.Client(auth=filled.login)
    client.headers.pop("accept")
    headers = {} if accept is None else {"Accept": accept}

    answer = client.get(f"{filled.url}/taxii2/", headers=headers)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA


@pytest.mark.parametrize(
    "accept",
    [
        "application/taxii+json;version=2.0",
        "application/vnd.oasis.taxii+json; version=2.0",
        "image/png",
        "application/taxii+json;version=2.1;q=0",
    ],
)
def test_1_6_8_what_a_client_cannot_read_is_406(filled, accept):
    answer = filled.reader.get(headers={"Accept": accept})

    assert answer.status_code == 406
    assert answer.json()["title"]


def test_1_6_9_without_a_token_the_answer_is_401_and_says_how(filled):
    for path in endpoints(filled):
        answer = filled.nobody.get(path)
        assert answer.status_code == 401, path
        challenges = answer.headers.get_list("www-authenticate")
        assert any(each.startswith("Basic ") for each in challenges)
        assert any(each.startswith("Bearer ") for each in challenges)
        assert answer.json()["title"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token"])
def test_8_2_2_basic_bearer_and_token_carry_the_same_token(filled, scheme):
    headers = {"Authorization": f"{scheme} {filled.token}"}

    answer = filled.nobody.get(headers=headers)

    assert answer.json() == filled.reader.get().json()


def test_there_is_no_range_in_2_1(filled):
    answer = filled.reader.get(
        f"{path_of(filled.communaute)}objects/", headers={"Range": "items 0-1"}
    )

    assert answer.status_code == 200
    assert len(answer.json()["objects"]) == 36


def test_an_unknown_host_is_refused(filled):
    answer = filled.reader.get(headers={"Host": "ailleurs.example"})

    assert answer.status_code == 400
    assert "ailleurs" not in answer.text


def test_answers_carry_the_headers_of_the_site(filled):
    for reader in (filled.reader, filled.nobody):
        answer = reader.get()
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
