"""The frames: nothing that comes in breaks them, and what goes out is one chain."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.live import protocol
from incidents.live.protocol import At, BadFrame, Hello, Watch, parse

EPOCH = "08127e7b-301f-4687-afd0-fa506311e5a6"  # fixed: the names of tests must not change

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FRAMES = st.fixed_dictionaries(
    {},
    optional={
        "t": st.sampled_from(["hello", "at", "watch", "ev", "hb", "reset", "__class__"]) | ANYTHING,
        "epoch": st.uuids().map(str) | ANYTHING,
        "after": st.integers() | ANYTHING,
        "id": st.uuids().map(str) | ANYTHING,
        "doing": st.sampled_from(["read", "write", "idle", "dance"]) | ANYTHING,
        "base": ANYTHING,
    },
)


@given(st.text() | FRAMES.map(json.dumps) | ANYTHING.map(json.dumps) | st.none())
def test_any_text_is_a_frame_or_a_code_from_the_list(text):
    with suppress(BadFrame):
        assert isinstance(parse(text), Hello | At | Watch)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        '{"t":' * 10_000,
        '{"t":"hello","epoch":"' + EPOCH + '","after":' + "9" * 5000 + "}",
        '{"t":"hello","epoch":"' + EPOCH + '","after":NaN}',
        '{"t":"hello","epoch":"' + EPOCH + '","after":true}',
        '{"t":"hello","epoch":"' + EPOCH + '","after":-1}',
        '{"t":"hello","epoch":"' + EPOCH + '","after":9223372036854775808}',
        '{"t":"hello","epoch":"{' + EPOCH[1:-1] + '}","after":1}',
        '{"t":"hello","epoch":"' + EPOCH + '","after":1,"role":"lead"}',
        '{"t":["hello"]}',
        '{"t":"at","id":"' + EPOCH + '","doing":["read"]}',
        '{"t":"watch","id":"' + EPOCH + '"}',
        '"\\ud800"',
        "x" * 70_000,
    ],
)
def test_hostile_frames_are_refused(text):
    with pytest.raises(BadFrame):
        parse(text)


@given(st.lists(st.integers(min_value=1, max_value=20_000), max_size=60), st.integers(0, 10**9))
def test_items_become_one_chain_of_small_frames(sizes, prev):
    items = [
        (prev + n, f'{{"seq":{prev + n},"x":"{"é" * size}"}}') for n, size in enumerate(sizes, 1)
    ]
    until = prev + len(items) + 3
    frames = [json.loads(text) for text in protocol.events(items, prev=prev, next=until)]

    assert bool(frames) == bool(items)
    assert all(
        len(text.encode()) <= 65_536 for text in protocol.events(items, prev=prev, next=until)
    )
    cursor = prev
    for frame in frames:
        assert frame["prev"] == cursor
        assert all(cursor < item["seq"] <= frame["next"] for item in frame["items"])
        cursor = frame["next"]
    assert cursor == (until if items else prev)
    assert [item["seq"] for frame in frames for item in frame["items"]] == [s for s, _ in items]
