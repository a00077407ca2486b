"""The clients that partners run, as they are, against the real server."""

from datetime import UTC, datetime

import pytest
import stix2
from cytaxii2.cytaxii2 import cytaxii2
from requests.auth import HTTPBasicAuth
from stix2.datastore.taxii import DataSourceError, TAXIICollectionSink
from taxii2client.common import TokenAuth
from taxii2client.exceptions import ValidationError
from taxii2client.v21 import ApiRoot, Collection, Server, as_pages

from api.taxii import moments
from tests.taxii.shelf import MEDIA

ALL = 36


def url_of(desk, one, key=None):
    return f"{desk.url}/taxii2/desk/collections/{key or one.uuid}/"


def login(desk):
    return {"user": "csirt-voisin", "password": desk.token}


def listed(pages):
    return [obj["id"] for page in pages for obj in page.get("objects", [])]


# taxii2-client


def test_taxii2_client_finds_its_way_from_discovery_to_the_objects(filled):
    server = Server(f"{filled.url}/taxii2/", **login(filled))

    assert server.title
    assert server.default.url == server.api_roots[0].url == f"{filled.url}/taxii2/desk/"
    root = server.default
    assert (root.title, root.versions) == (server.title, [MEDIA])
    of_title = {one.title: one for one in root.collections}
    assert set(of_title) == {"Communaute", "Vide", "Boite"}
    assert of_title["Vide"].get_objects() == {}
    assert len(of_title["Communaute"].get_objects()["objects"]) == ALL
    assert of_title["Communaute"].media_types == ["application/stix+json;version=2.1"]


@pytest.mark.parametrize("auth", [HTTPBasicAuth, TokenAuth])
def test_taxii2_client_with_its_own_ways_to_authenticate(filled, auth):
    given = TokenAuth(filled.token) if auth is TokenAuth else auth(*filled.login)

    root = ApiRoot(f"{filled.url}/taxii2/desk/", auth=given)

    assert len(root.collections) == 3


@pytest.mark.parametrize("per_request", [0, 1, 7, 36, 5000])
def test_taxii2_client_pages_through_objects_and_manifest_to_the_end(filled, per_request):
    one = Collection(url_of(filled, filled.communaute), **login(filled))

    objects = list(as_pages(one.get_objects, per_request=per_request))
    manifest = list(as_pages(one.get_manifest, per_request=per_request))

    assert listed(objects) == listed(manifest)
    assert len(set(listed(objects))) == ALL
    assert len(objects) == (-(-ALL // per_request) if per_request else 1)


def test_taxii2_client_asks_for_one_object_and_its_versions(filled):
    one = Collection(url_of(filled, filled.communaute), **login(filled))

    assert one.get_object(filled.many)["objects"][0]["modified"] == "2026-01-31T10:00:02.000Z"
    assert len(one.get_object(filled.many, version="all")["objects"]) == 3
    assert len(one.object_versions(filled.many)["versions"]) == 3
    moment = datetime(2026, 1, 31, 10, 0, 1, tzinfo=UTC)
    assert one.get_object(filled.many, version=moment)["objects"][0]["modified"].endswith(
        ":01.000Z"
    )


def test_taxii2_client_sends_moments_without_their_zeros(filled):
    """It writes 12:00:00Z and 12:00:00.1Z; a server that wants six digits answers 400."""
    one = Collection(url_of(filled, filled.communaute), **login(filled))
    start = datetime(2026, 1, 31, 12, tzinfo=UTC)

    assert len(one.get_objects(added_after=start)["objects"]) == ALL - 1
    tenth = one.get_objects(added_after=start.replace(microsecond=100_000))
    assert tenth["objects"][0]["id"] == filled.rows[11].stix_id
    assert one.get_objects(added_after="2026-01-31T12:00:00.1000Z") == tenth


def test_taxii2_client_cannot_use_an_alias(filled):
    """It wants the id in the address; the alias is for other clients."""
    with pytest.raises(ValidationError):
        assert Collection(url_of(filled, None, "communaute"), **login(filled)).title


# stix2


def test_stix2_reads_through_its_taxii_source(filled):
    one = Collection(url_of(filled, filled.communaute), **login(filled))
    source = stix2.TAXIICollectionSource(one)

    indicators = source.query([stix2.Filter("type", "=", "indicator")])
    after = moments.written(filled.rows[29].added_at)

    assert len(indicators) == 31
    assert all(isinstance(each, stix2.Indicator) for each in indicators)
    assert source.get(filled.many).modified == datetime(2026, 1, 31, 10, 0, 2, tzinfo=UTC)
    assert len(source.all_versions(filled.many)) == 3
    assert source.get("indicator--00000000-0000-4000-8000-000000000000") is None
    assert len(source.query([stix2.Filter("added_after", "=", after)])) == 6
    by_page = stix2.TAXIICollectionSource(one, items_per_page=10)
    assert len(by_page.query([stix2.Filter("type", "=", "indicator")])) == 31


def test_stix2_learns_that_nothing_can_be_written(filled):
    one = Collection(url_of(filled, filled.communaute), **login(filled))

    with pytest.raises(DataSourceError):
        TAXIICollectionSink(one)


# cytaxii2


def cyware(desk, token=None):
    return cytaxii2(f"{desk.url}/taxii2/", "csirt-voisin", token or desk.token)


def told(answer, status=200):
    """Return the body that cytaxii2 read; it swallows every exception and says so in the status."""
    assert answer["status_code"] == status, answer
    assert answer["status"] is (status == 200)
    return answer["response"]


def test_cytaxii2_finds_its_way_with_the_default_root_as_it_is(filled):
    client = cyware(filled)

    root = told(client.root_discovery())
    listed_ = told(client.collection_request())["collections"]
    one = told(client.collection_data_request(str(filled.communaute.uuid)))

    assert client.get_api_root() == (f"{filled.url}/taxii2/desk/", False)
    assert root["versions"] == [MEDIA]
    assert {each["title"] for each in listed_} == {"Communaute", "Vide", "Boite"}
    assert one in listed_


def test_cytaxii2_pulls_a_collection_page_after_page(filled):
    client, key = cyware(filled), str(filled.communaute.uuid)
    pages = [told(client.poll_request(key, limit=10))]
    while pages[-1]["more"]:
        pages.append(told(client.poll_request(key, limit=10, next=pages[-1]["next"])))

    assert [len(page["objects"]) for page in pages] == [10, 10, 10, 6]
    assert len(set(listed(pages))) == ALL
    assert listed([told(client.poll_request(key))]) == listed(pages)


def test_cytaxii2_asks_for_a_type_an_object_and_what_is_new(filled):
    client, key = cyware(filled), str(filled.communaute.uuid)
    after = moments.written(filled.rows[29].added_at)

    addresses = told(client.poll_request(key, object_type="ipv4-addr"))
    many = told(client.poll_request(key, object_id=filled.many))

    assert len(addresses["objects"]) == 5
    assert [obj["modified"] for obj in many["objects"]] == ["2026-01-31T10:00:02.000Z"]
    assert len(told(client.poll_request(key, added_after=after))["objects"]) == 6
    assert told(client.poll_request(str(filled.vide.uuid))) == {}


def test_cytaxii2_reads_each_refusal_as_json(filled):
    client, key = cyware(filled), str(filled.communaute.uuid)
    wrong = cyware(filled, token=f"occ_{'0' * 10}_{'0' * 64}")

    assert told(client.poll_request("absente"), 404)["http_status"] == "404"
    assert told(client.poll_request(key, limit=0), 400)["title"]
    assert told(client.inbox_request(key, "{}"), 403)["http_status"] == "403"
    assert told(wrong.discovery_request(), 401)["title"]
