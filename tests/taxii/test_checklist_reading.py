"""TAXII 2.1, reading: order, paging, filters, envelopes, and the dates of each answer."""

import json

import pytest

from api.taxii import moments
from tests.taxii import shelf
from tests.taxii.shelf import START, ids, match, path_of

FIRST, LAST = "x-taxii-date-added-first", "x-taxii-date-added-last"
EPOCH = "1970-01-01T00:00:00.000000Z"


def dates(answer):
    return answer.headers[FIRST], answer.headers[LAST]


def latest(desk):
    return [row for row in desk.rows if row.is_latest]


def test_3_3_objects_and_manifest_come_in_the_order_of_their_addition(filled):
    expected = [row.stix_id for row in latest(filled)]

    manifest = filled.reader.get(f"{path_of(filled.communaute)}manifest/").json()["objects"]

    assert ids([filled.reader.objects(filled.communaute)]) == expected
    assert [item["id"] for item in manifest] == expected
    added = [item["date_added"] for item in manifest]
    assert added == sorted(added)


def test_3_7_what_is_served_is_what_was_stored_byte_for_byte(filled):
    answer = filled.reader.objects(filled.communaute)

    stored = ",".join(row.bytes for row in latest(filled))
    assert answer.text == f'{{"more":false,"objects":[{stored}]}}'


def test_3_4_added_after_is_strictly_later(filled):
    at = moments.written(filled.rows[9].added_at)

    answer = filled.reader.objects(filled.communaute, added_after=at)

    assert answer.json()["objects"][0]["id"] == filled.rows[10].stix_id


@pytest.mark.parametrize("limit", [1, 7, 35, 36, 37, 10_000, 10**30])
def test_3_4_limit_is_never_passed_and_everything_comes(filled, limit):
    pages = filled.reader.pull(filled.communaute, limit=limit)

    assert ids(pages) == [row.stix_id for row in latest(filled)]
    sizes = [len(page.json()["objects"]) for page in pages]
    assert all(size == limit for size in sizes[:-1])
    assert sizes[-1] <= limit
    assert len(pages) == -(-36 // min(limit, 36))


@pytest.mark.parametrize("listing", ["objects/", "manifest/"])
def test_3_4_more_always_comes_with_next(filled, listing):
    pages = filled.reader.pull(filled.communaute, listing, limit=5)

    assert [page.json()["more"] for page in pages] == [True] * 7 + [False]
    assert len(ids(pages)) == len(set(ids(pages))) == 36


def test_3_4_versions_are_paged_too(filled):
    path = f"objects/{filled.many}/versions/"

    pages = filled.reader.pull(filled.communaute, path, limit=1)

    listed = [version for page in pages for version in page.json()["versions"]]
    assert listed == [f"2026-01-31T10:00:0{second}.000Z" for second in (0, 1, 2)]


def test_3_4_the_default_page_is_a_thousand_and_the_largest_ten_thousand(bare):
    shelf.put(bare.communaute, bare.release, [shelf.indicator(n) for n in range(10_002)])

    first = bare.reader.objects(bare.communaute).json()
    most = bare.reader.objects(bare.communaute, limit=50_000).json()

    assert (len(first["objects"]), first["more"]) == (1000, True)
    assert (len(most["objects"]), most["more"]) == (10_000, True)


def test_b_next_is_what_a_client_says_and_is_read_as_strictly_as_a_query(filled):
    page = filled.reader.objects(filled.communaute, limit=1).json()
    of_empty = f"{path_of(filled.vide)}objects/"

    assert filled.reader.get(of_empty, next=page["next"]).status_code == 400
    for wrong in ("", "x", "=", "%00", page["next"] + "A", "9" * 400, "é", page["next"][:-4]):
        answer = filled.reader.get(f"{path_of(filled.communaute)}objects/", next=wrong)
        assert answer.status_code == 400, wrong
        assert answer.json()["title"]


def test_b_next_opens_nothing_to_somebody_else(filled):
    page = filled.reader.objects(filled.communaute, limit=1).json()
    path = f"{path_of(filled.communaute)}objects/"
    autre = shelf.Reader(filled.url, "csirt-autre", filled.autre_token)

    assert filled.nobody.get(path, next=page["next"]).status_code == 401
    assert autre.get(path, next=page["next"]).status_code == 404


def test_3_4_match_fields_are_anded_and_their_values_ored(filled):
    one, two = filled.rows[0].stix_id, filled.rows[30].stix_id

    def found(**fields):
        return ids([filled.reader.objects(filled.communaute, **match(**fields))])

    assert found(id=f"{one},{two}") == [one, two]
    assert found(id=f"{one},{two}", type="ipv4-addr") == [two]
    assert len(found(type="indicator,ipv4-addr")) == 36
    assert len(found(type="ipv4-addr")) == 5
    assert len(found(spec_version="2.1")) == 36
    assert len(found(spec_version="2.0,2.1")) == 36
    assert found(spec_version="2.0") == []
    assert found(type="x-something-of-ours") == []
    assert found(id="indicator--absent") == []
    assert found(id=f"{one},{one}") == [one]


def test_3_4_fields_of_other_endpoints_and_unknown_ones_are_ignored(filled):
    path = f"{path_of(filled.communaute)}objects/{filled.many}/"

    assert filled.reader.get(path, **match(type="malware")).json()["objects"]
    assert filled.reader.get(path, **match(colour="green")).json()["objects"]
    assert filled.reader.get(f"{path}?page=1&page=%00").json()["objects"]


@pytest.mark.parametrize(
    "wanted, seconds",
    [
        (None, [2]),
        ("last", [2]),
        ("first", [0]),
        ("all", [0, 1, 2]),
        ("first,last", [0, 2]),
        ("2026-01-31T10:00:01Z", [1]),
        ("2026-01-31T10:00:01.000000Z,last", [1, 2]),
        ("2026-01-31T10:00:00.5Z", []),
        ("first,2026-01-31T10:00:01.000Z,last", [0, 1, 2]),
    ],
)
def test_3_4_1_match_version(filled, wanted, seconds):
    chosen = {} if wanted is None else match(version=wanted)
    base = path_of(filled.communaute)
    expected = [f"2026-01-31T10:00:0{second}.000Z" for second in seconds]

    of_object = filled.reader.get(f"{base}objects/{filled.many}/", **chosen).json()
    of_all = filled.reader.get(f"{base}objects/", **match(id=filled.many), **chosen).json()
    manifest = filled.reader.get(f"{base}manifest/", **match(id=filled.many), **chosen).json()

    assert [obj["modified"] for obj in of_object.get("objects", [])] == expected
    assert of_all == of_object
    assert [item["version"] for item in manifest.get("objects", [])] == expected


def test_3_4_1_the_version_of_what_has_no_modified_is_when_it_was_added(filled):
    row = filled.rows[30]
    base = f"{path_of(filled.communaute)}objects/{row.stix_id}/"

    versions = filled.reader.get(f"{base}versions/").json()["versions"]

    assert "modified" not in json.loads(row.bytes)
    assert versions == [moments.written(row.added_at)[:-4] + "Z"]
    assert filled.reader.get(base, **match(version=versions[0])).json()["objects"]


def test_3_2_the_dates_are_those_of_the_first_and_last_in_this_answer(filled):
    base = path_of(filled.communaute)
    added = {row.stix_id: moments.written(row.added_at) for row in filled.rows}

    for listing in ("objects/", "manifest/"):
        for page in filled.reader.pull(filled.communaute, listing, limit=10):
            listed = ids([page])
            assert dates(page) == (added[listed[0]], added[listed[-1]])
    one = filled.reader.get(f"{base}objects/{filled.many}/")
    assert dates(one) == (added[filled.many],) * 2
    versions = filled.reader.get(f"{base}objects/{filled.many}/versions/")
    assert dates(versions) == tuple(moments.written(filled.rows[n].added_at) for n in (35, 37))


def test_3_2_dates_are_in_whole_milliseconds(filled):
    for item in filled.reader.get(f"{path_of(filled.communaute)}manifest/").json()["objects"]:
        assert item["date_added"].endswith("000Z")


def test_3_2_an_empty_answer_repeats_where_the_client_stands(filled):
    asked = "2030-05-06T07:08:09.5Z"

    never = filled.reader.objects(filled.vide)
    later = filled.reader.objects(filled.communaute, added_after=asked)
    none = filled.reader.get(f"{path_of(filled.vide)}manifest/")

    assert dates(never) == dates(none) == (EPOCH, EPOCH)
    assert dates(later) == ("2030-05-06T07:08:09.500000Z",) * 2


def test_5_4_without_objects_the_envelope_is_empty(filled):
    assert filled.reader.objects(filled.vide).text == "{}"
    assert filled.reader.get(f"{path_of(filled.vide)}manifest/").text == "{}"
    versions = f"{path_of(filled.communaute)}objects/{filled.many}/versions/"
    assert filled.reader.get(versions, added_after="2030-01-01T00:00:00Z").text == "{}"


def test_5_3_1_a_manifest_names_each_version_and_its_media_type(filled):
    item = filled.reader.get(f"{path_of(filled.communaute)}manifest/", limit=1).json()["objects"][0]

    assert item == {
        "id": filled.rows[0].stix_id,
        "date_added": moments.written(START),
        "version": "2026-01-31T10:00:00.000Z",
        "media_type": "application/stix+json;version=2.1",
    }


def test_5_6_an_object_that_is_not_there_is_404_and_one_that_is_filtered_out_is_empty(filled):
    base = f"{path_of(filled.communaute)}objects/"
    elsewhere = shelf.indicator(500)["id"]

    assert filled.reader.get(f"{base}{elsewhere}/").status_code == 404
    assert filled.reader.get(f"{base}{elsewhere}/versions/").status_code == 404
    assert filled.reader.get(f"{base}nonsense/").status_code == 404
    filtered = filled.reader.get(f"{base}{filled.many}/", **match(version="1999-01-01T00:00:00Z"))
    assert (filtered.status_code, filtered.text) == (200, "{}")


def test_5_4_what_may_not_be_read_is_403(filled):
    base = path_of(filled.boite)

    assert filled.reader.get(base).json()["can_read"] is False
    for listing in ("objects/", "manifest/", f"objects/{filled.many}/"):
        answer = filled.reader.get(f"{base}{listing}")
        assert answer.status_code == 403
        assert answer.json()["title"]


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=-1", "limit=x", "limit=1.5", "limit=", "limit=%201", "limit=1&limit=2"),
        *("limit=٣", "limit=1e3", "limit=0x10", "limit=%2B5"),
        *("added_after=", "added_after=hier", "added_after=2026-01-31", "added_after=1769860800"),
        "added_after=2026-13-31T00:00:00Z",
        "added_after=2026-01-31T00:00:00",
        "added_after=0001-01-01T00:00:00%2B10:00",
        "added_after=2026-01-31T00:00:00Z,2026-01-31T00:00:01Z",
        "added_after=2026-01-31T00:00:00Z&added_after=2026-01-31T00:00:00Z",
        *(
            "match[version]=newest",
            "match[version]=all,last",
            "match[version]=",
            "match[type]=a,,b",
        ),
        *("match[id]=a&match[id]=b", "match[id]=", "match[id]=a%00b", "match[id]=%ff"),
        *("next=", "next=x", "next=%00", "&".join(f"a{n}=1" for n in range(50))),
    ],
)
def test_3_4_a_malformed_query_is_400_never_500(filled, query):
    answer = filled.reader.get(f"{path_of(filled.communaute)}objects/?{query}")

    assert answer.status_code == 400, query
    assert answer.json()["title"] == "Bad query"
    assert answer.json()["description"]
