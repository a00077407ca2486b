"""Every given report gives the observables that an analyst expects of it."""

import json
from pathlib import Path

import pytest

from csirt.reference.reports import given_reports
from incidents.domain.observables import ObservableType, OwnValues, extract

SNAPSHOT = Path(__file__).parent / "snapshots" / "observables.json"
REPORTS = given_reports()
MOST_OTHERS = 2


def own_values(given):
    contact = given.get("contact") or {}
    return OwnValues(
        phones=[contact["phone"]] if contact.get("phone") else [],
        emails=[contact["email"]] if contact.get("email") else [],
        domains=contact.get("domains") or [],
    )


def expected_of(given):
    return [o for o in given["expected"]["observables"] if o.get("auto", True)]


def others_of(given):
    expected = {(o["type"], o["value"]) for o in expected_of(given)}
    found = extract(given["text_fr"], own_values(given))
    return [[f.type.value, f.value] for f in found if (f.type.value, f.value) not in expected]


@pytest.fixture(params=REPORTS, ids=lambda given: given["id"])
def given(request):
    return request.param


def test_there_are_ten_reports():
    assert len(REPORTS) == 10


def test_it_finds_every_expected_value_with_its_type(given):
    found = {(f.type.value, f.value) for f in extract(given["text_fr"], own_values(given))}

    expected = {(o["type"], o["value"]) for o in expected_of(given)}
    assert expected - found == set()


def test_it_finds_nothing_that_is_no_observable(given):
    found = extract(given["text_fr"], own_values(given))
    shown = {f.value for f in found} | {f.as_written for f in found}

    assert [
        no["value"] for no in given["expected"]["not_observables"] if no["value"] in shown
    ] == []


def test_what_else_it_finds_is_in_the_snapshot(given):
    snapshot = json.loads(SNAPSHOT.read_text(encoding="utf-8"))

    assert others_of(given) == snapshot[given["id"]]
    assert len(others_of(given)) <= MOST_OTHERS


def test_it_says_where_each_value_stands(given):
    text = given["text_fr"]

    for found in extract(text, own_values(given)):
        assert found.as_written == text[found.start : found.end]


def test_the_documentation_addresses_are_not_internal(given):
    assert [f for f in extract(given["text_fr"], own_values(given)) if f.internal] == []


def test_the_types_of_the_reports_all_exist(given):
    for observable in given["expected"]["observables"]:
        kind = ObservableType(observable["type"])
        assert kind.by_hand == (not observable.get("auto", True))
