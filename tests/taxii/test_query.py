"""Reading a query: whatever a client writes becomes a query or a 400, and ``next`` leads on."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.taxii import moments
from api.taxii.answers import Refused
from api.taxii.query import MAX_LIMIT, Query

FIELDS = frozenset({"id", "type", "version", "spec_version"})
MILLISECONDS = st.integers(0, moments.LAST)
NAMES = st.sampled_from(["limit", "added_after", "next", *(f"match[{name}]" for name in FIELDS)])
WORDS = st.text(st.characters(exclude_characters=",\0", exclude_categories=["Cs"]), min_size=1)


def parse(raw, place="abc"):
    return Query.parse(raw, fields=FIELDS, place=place)


def refuse_or_read(raw):
    """Read *raw*; anything but a query or a refusal raises."""
    status = 400
    try:
        assert 1 <= parse(raw).limit <= MAX_LIMIT
    except Refused as refused:
        status = refused.answer.status
    return status == 400


@given(st.binary(max_size=200))
@example(b"limit=%")
@example(b"\xff=\xff")
@example(b"match[id]=%00")
def test_any_bytes_are_a_query_or_a_400(raw):
    assert refuse_or_read(raw)


@given(st.dictionaries(NAMES, st.text(st.characters(exclude_categories=["Cs"]), max_size=40)))
def test_any_values_are_a_query_or_a_400(values):
    assert refuse_or_read(urlencode(values).encode())


@given(
    MILLISECONDS,
    MILLISECONDS,
    st.dictionaries(
        st.sampled_from(["id", "type", "spec_version"]),
        st.lists(WORDS, min_size=1, max_size=4, unique=True).map(tuple),
    ),
)
def test_next_alone_asks_for_the_rest_of_the_same_question(after, last, filters):
    first = Query(after=after, filters=filters, place="abc")

    then = parse(urlencode({"next": first.next(last)}).encode())

    assert (then.after, then.filters) == (last, filters)


def test_what_is_asked_wins_over_what_next_carries():
    before = Query(filters={"type": ("indicator",), "version": ("all",)}, place="abc").next(5)

    then = parse(urlencode({"next": before, "match[type]": "malware", "limit": 3}).encode())

    assert then.filters == {"type": ("malware",), "version": ("all",)}
    assert (then.after, then.limit) == (5, 3)


def test_next_and_added_after_go_on_from_the_later_of_both():
    after = moments.written(1000)

    assert parse(f"added_after={after}&next={Query(place='abc').next(2000)}".encode()).after == 2000
    assert parse(f"added_after={after}&next={Query(place='abc').next(500)}".encode()).after == 1000


def test_next_says_nothing_of_how_much_there_is():
    assert len(Query(place="abc").next(1)) < 40


@given(MILLISECONDS)
def test_a_moment_written_is_the_moment_read(ms):
    assert moments.milliseconds(moments.read(moments.written(ms))) == ms


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_between_two_milliseconds_is_after_the_first(moment):
    ms = moments.milliseconds(moments.read(moment.isoformat().replace("+00:00", "Z")))

    whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert ms == moments.milliseconds(whole)


@pytest.mark.parametrize(
    "moment, version",
    [
        (datetime(2026, 1, 31, tzinfo=UTC), "2026-01-31T00:00:00.000Z"),
        (datetime(2026, 1, 31, 0, 0, 0, 120_000, tzinfo=UTC), "2026-01-31T00:00:00.120Z"),
        (datetime(2026, 1, 31, 0, 0, 0, 120_001, tzinfo=UTC), "2026-01-31T00:00:00.120001Z"),
    ],
)
def test_a_version_is_looked_for_as_it_is_stored(moment, version):
    assert moments.version(moment) == version
