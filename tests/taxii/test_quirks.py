"""What clients do that the standard does not say, each as it goes over the wire."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.taxii import shelf
from tests.taxii.shelf import ids, path_of

LAST = "x-taxii-date-added-last"
OLD_OPENCTI = {"Accept": "application/json, text/plain, */*"}


def to_iso_string(text):
    """What JavaScript's ``new Date(text).toISOString()`` keeps: three digits."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


class OpenCtiFeed:
    """OpenCTI's built-in feed: a page a tick, ``next`` with the first added_after, dates cut."""

    def __init__(self, reader, of):
        self.reader, self.of = reader, of
        self.added_after, self.next, self.got = None, None, []

    def tick(self):
        params = {"added_after": self.added_after, "next": self.next}
        given = {name: value for name, value in params.items() if value}
        answer = self.reader.get(f"{path_of(self.of)}objects/", headers=OLD_OPENCTI, **given)
        assert answer.status_code == 200
        body = answer.json()
        self.got += [obj["id"] for obj in body.get("objects", [])]
        if body.get("more"):
            self.next = body["next"]
        else:
            self.next, self.added_after = None, to_iso_string(answer.headers[LAST])


def test_opencti_feed_reads_a_default_page_a_tick_and_nothing_twice(bare):
    """Its speed is our default page; microseconds in a date would come again at every poll."""
    put = shelf.put(bare.communaute, bare.release, [shelf.indicator(n) for n in range(2500)])
    feed = OpenCtiFeed(bare.reader, bare.communaute)

    for _ in range(6):
        feed.tick()
    assert feed.got == [row.stix_id for row in put]
    later = shelf.put(bare.communaute, bare.release, [shelf.indicator(9001)])
    feed.tick()
    feed.tick()

    assert feed.got[2500:] == [later[0].stix_id]


def test_opencti_feed_keeps_its_place_in_an_empty_collection(bare):
    """A missing date would make it start from now, and lose what comes in between."""
    feed = OpenCtiFeed(bare.reader, bare.communaute)
    feed.tick()

    shelf.put(bare.communaute, bare.release, [shelf.indicator(1)])
    feed.tick()

    assert len(feed.got) == 1


def test_opencti_connector_pages_with_next_alone(filled):
    """It drops added_after and the filters, and keeps only next."""
    path = f"{path_of(filled.communaute)}objects/"
    after = "2026-01-31T12:00:00.055Z"
    page = filled.reader.get(
        path, added_after=after, limit=10, **shelf.match(type="indicator", version="all")
    )
    pages = [page]
    while page.json().get("more"):
        page = filled.reader.get(path, limit=10, next=page.json()["next"])
        pages.append(page)

    expected = [row for row in filled.rows if row.type == "indicator"][6:]
    assert ids(pages) == [row.stix_id for row in expected]


def test_opencti_connector_may_change_its_filters_while_paging(filled):
    path = f"{path_of(filled.communaute)}objects/"
    page = filled.reader.get(path, limit=10, added_after="2026-01-31T00:00:00Z").json()

    answer = filled.reader.get(path, next=page["next"], **shelf.match(type="ipv4-addr"))

    assert answer.status_code == 200
    assert len(answer.json()["objects"]) == 5


def test_opencti_connector_looks_for_spec_version_in_the_first_object(filled):
    """Without it, it falls back to TAXII 2.0. Observables have it too."""
    for listed in filled.reader.objects(filled.communaute).json()["objects"]:
        assert listed["spec_version"] == "2.1"


def test_opencti_connector_chooses_a_collection_by_its_title(filled):
    listed = filled.reader.get("desk/collections/").json()["collections"]

    titles = [one["title"] for one in listed]
    assert len(set(titles)) == len(titles) == 3


def test_a_client_without_limit_fills_its_pages(filled):
    """A first page shorter than asked for makes taxii2-client ask for less ever after."""
    page = filled.reader.objects(filled.communaute, limit=30).json()

    assert len(page["objects"]) == 30
    assert page["more"] is True


def test_misp_reads_a_hundred_at_a_time_with_its_spec_version(bare):
    shelf.put(bare.communaute, bare.release, [shelf.indicator(n) for n in range(250)])

    pages = bare.reader.pull(bare.communaute, limit=100, **shelf.match(spec_version="2.1"))

    assert [len(page.json()["objects"]) for page in pages] == [100, 100, 50]


def test_sentinel_begins_at_the_api_root_with_a_uuid_of_version_4(filled):
    root = filled.reader.get("desk/")
    answer = filled.reader.get(f"desk/collections/{str(filled.communaute.uuid).upper()}/objects/")

    assert root.status_code == answer.status_code == 200
    assert UUID(str(filled.communaute.uuid)).version == 4


def test_minemeld_sets_added_after_from_modified(filled):
    """It loops where date_added and modified are of different ages; ours only ever moves on."""
    modified = filled.reader.objects(filled.communaute).json()["objects"][-1]["modified"]

    again = filled.reader.objects(filled.communaute, added_after=modified)

    assert len(again.json()["objects"]) == 36


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.0Z",
        "2026-01-31T12:00:00.000Z",
        "2026-01-31T12:00:00.000000Z",
        "2026-01-31T12:00:00.000000000Z",
        "2026-01-31t12:00:00z",
        "2026-01-31 12:00:00Z",
        "2026-01-31T12:00:00+00:00",
        "2026-01-31T13:00:00.000+01:00",
    ],
)
def test_a_moment_may_be_written_in_many_ways(filled, written):
    answer = filled.reader.objects(filled.communaute, added_after=written)

    assert answer.json()["objects"][0]["id"] == filled.rows[1].stix_id
    raw = filled.reader.get(f"{path_of(filled.communaute)}objects/?added_after={written}")
    assert raw.json() == answer.json()


def test_a_get_with_a_content_type_or_a_body_is_a_get(filled):
    answer = filled.reader.send(
        "GET",
        f"{path_of(filled.communaute)}objects/",
        headers={"Content-Type": "application/vnd.oasis.stix+json; version=2.0"},
        content=b"{}",
    )

    assert answer.status_code == 200


def test_page_after_page_on_one_connection_and_after_refusals(filled):
    path = f"{path_of(filled.communaute)}objects/"
    client = filled.reader.client
    for _ in range(3):
        assert client.get(path).status_code == 200
        assert client.post(path, content=b"x" * 100_000).status_code == 403
        assert client.get("desk/rien/").status_code == 404
