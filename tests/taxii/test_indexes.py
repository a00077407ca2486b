"""Each filter is answered from an index, on both engines: no page reads the whole table."""

import json
import re

import pytest
from django.db import connection

from api.taxii.gate import Collection
from api.taxii.query import Query
from api.taxii.resources import MANIFEST, OBJECT, OBJECTS, VERSIONS, _statement
from api.taxii.store import _for_sqlite
from tests.taxii import shelf

pytestmark = pytest.mark.django_db

PLACE = {"collection_id", "added_at"}  # reading on from a moment, in the order of addition
ONE = shelf.indicator(5)["id"]


@pytest.fixture
def one():
    """Return a collection of 3,000 indicators and, at its end, 30 addresses."""
    row, under = shelf.collection("une"), shelf.release()
    shelf.put(row, under, [shelf.indicator(number) for number in range(3000)])
    shelf.put(row, under, [shelf.address(number) for number in range(30)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Collection(row.pk, row.uuid, row.alias, row.title, "", [], True, False, False)


def plan(one, listing, raw, stix_id=None):
    """Return what the engine's plan scans whole, and by which columns it enters an index."""
    query = Query.parse(f"limit=100&{raw}".encode(), fields=listing.fields, place=one.place)
    sql, values = _statement(one, listing, query, stix_id)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
            found = cursor.fetchone()[0]
            nodes = list(
                _nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])
            )
            whole = [node for node in nodes if "Seq Scan" in node["Node Type"]]
            entered = [node["Index Cond"] for node in nodes if "Index Cond" in node]
        else:
            explained = f"EXPLAIN QUERY PLAN {_for_sqlite(sql)}"
            details = [row[3] for row in cursor.connection.execute(explained, values)]
            whole = [detail for detail in details if detail.startswith("SCAN")]
            entered = [detail for detail in details if detail.startswith("SEARCH s ")]
    columns = r"\b(collection_id|stix_id|type|version|added_at)\b"
    return whole, set(re.findall(columns, re.sub(r"::\w+|'[^']*'", "", " ".join(entered))))


def _nodes(node):
    yield node
    for below in node.get("Plans", []):
        yield from _nodes(below)


def test_a_type_of_which_there_are_few_is_found_by_its_index(one):
    wanted = [
        f"match[type]={name}{version}{more}"
        for name in ("ipv4-addr", "malware")
        for version in ("", *(f"&match[version]={word}" for word in ("last", "all", "first")))
        for more in ("", "&match[spec_version]=2.1", "&added_after=2026-01-31T12:00:01Z")
    ]

    found = {
        asked: plan(one, listing, asked) for asked in wanted for listing in (OBJECTS, MANIFEST)
    }

    expected = {"collection_id", "type", "added_at"}
    assert {
        asked: seen for asked, seen in found.items() if seen[0] or not seen[1] >= expected
    } == {}


def test_each_filter_enters_an_index(one):
    by_id = {"collection_id", "stix_id"}
    expected = {
        "": PLACE,
        "added_after=2026-01-31T12:00:01Z": PLACE,
        "match[type]=indicator": PLACE,
        "match[type]=ipv4-addr,malware": {"collection_id"},
        "match[spec_version]=2.1": PLACE,
        "match[version]=last": PLACE,
        "match[version]=all": PLACE,
        "match[version]=first": PLACE,
        "match[version]=2026-01-31T10:00:00.000Z,last": PLACE,
        "match[version]=2026-01-31T10:00:01.000Z": {"collection_id"},
        f"match[id]={ONE}": by_id,
        f"match[id]={ONE},indicator--absent": by_id,
        f"match[id]={ONE}&match[version]=all": by_id,
        f"match[id]={ONE}&match[type]=indicator": by_id,
    }

    for listing in (OBJECTS, MANIFEST):
        found = {asked: plan(one, listing, asked) for asked in expected}
        wrong = {asked: s for asked, s in found.items() if s[0] or not s[1] >= expected[asked]}
        assert wrong == {}


def test_one_object_and_its_versions_are_found_by_its_id(one):
    for listing in (OBJECT, VERSIONS):
        whole, columns = plan(one, listing, "", stix_id=ONE)
        assert whole == []
        assert columns >= {"collection_id", "stix_id"}
