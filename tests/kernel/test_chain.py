"""The hash chain: one text for one payload, and nothing changes unnoticed."""

import hashlib
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csirt.kernel import chain

EPOCH = UUID("00000000-0000-4000-8000-000000000001")
words = st.text(st.characters(exclude_categories=["Cs"]))
payloads = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


def test_the_text_has_sorted_keys_no_spaces_and_accents_as_they_are():
    assert (
        chain.canonical({"b": [1, True, None], "a": "é"}) == '{"a":"é","b":[1,true,null]}'.encode()
    )


@given(payloads)
def test_a_payload_read_back_from_its_text_has_the_same_text(payload):
    text = chain.canonical(payload)

    assert chain.canonical(json.loads(text)) == text


@given(st.dictionaries(words, st.integers(), min_size=2))
def test_the_order_of_the_keys_does_not_matter(payload):
    assert chain.canonical(dict(reversed(payload.items()))) == chain.canonical(payload)


@pytest.mark.parametrize("payload", [1.0, [1.5], {"a": {"b": [float("nan")]}}, (0.1,)])
def test_a_float_has_no_canonical_text(payload):
    with pytest.raises(ValueError, match="float"):
        chain.canonical(payload)


def test_a_link_is_the_sha256_of_epoch_seq_prev_and_text():
    expected = hashlib.sha256(EPOCH.bytes + b"\0" * 7 + b"\x05" + b"p" * 32 + b'{"a":1}').digest()

    assert chain.link(EPOCH, 5, b"p" * 32, {"a": 1}) == expected


def test_changing_anything_changes_the_link():
    links = {
        chain.link(EPOCH, 5, chain.START, {"a": 1}),
        chain.link(UUID(int=0), 5, chain.START, {"a": 1}),
        chain.link(EPOCH, 6, chain.START, {"a": 1}),
        chain.link(EPOCH, 5, b"\1" + chain.START[1:], {"a": 1}),
        chain.link(EPOCH, 5, chain.START, {"a": 2}),
        chain.link(EPOCH, 5, chain.START, {"a": "1"}),
    }

    assert len(links) == 6
