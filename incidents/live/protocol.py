"""The frames of the console's socket: what may be said, and how it is written.

Errors are codes from a fixed list; no exception's text ever reaches a client.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

LONGEST_FRAME = 65_536  # bytes, both ways
_LARGEST = 2**63
DOING = ("read", "write", "idle")

Why = Literal["epoch", "behind", "slow"]
Code = Literal["bad-json", "bad-frame", "too-large", "too-fast", "not-found", "unavailable"]

# Close codes: 4401 rights ended, 4400 too many bad frames, 4429 too many sockets, 1013 come back.
ENDED, BAD, CROWDED, LATER = 4401, 4400, 4429, 1013


@dataclass(frozen=True)
class Hello:
    """A console has a snapshot of *epoch* at the cursor *after*."""

    epoch: UUID
    after: int


@dataclass(frozen=True)
class At:
    """Somebody looks at a case."""

    id: UUID
    doing: str


@dataclass(frozen=True)
class Watch:
    """A queue wants to know who is at which case, of those that its person may see."""


class BadFrame(ValueError):
    """What came is no frame of the protocol; ``code`` is what the client is told."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code: Code = code


def parse(text: str | None) -> Hello | At | Watch:
    """Return the frame that *text* is (None: it was binary); raises ``BadFrame``."""
    if text is None:
        raise BadFrame("bad-frame")
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST_FRAME:
        raise BadFrame("too-large")
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFrame("bad-json") from error
    if not isinstance(frame, dict):
        raise BadFrame("bad-frame")
    kind = frame.get("t")
    if kind == "hello" and set(frame) == {"t", "epoch", "after"}:
        return Hello(_uuid(frame["epoch"]), _cursor(frame["after"]))
    if kind == "at" and set(frame) == {"t", "id", "doing"}:
        doing = frame["doing"]
        if not isinstance(doing, str) or doing not in DOING:
            raise BadFrame("bad-frame")
        return At(_uuid(frame["id"]), doing)
    if frame == {"t": "watch"}:
        return Watch()
    raise BadFrame("bad-frame")


def _uuid(value: object) -> UUID:
    if not isinstance(value, str) or len(value) != 36:
        raise BadFrame("bad-frame")
    try:
        return UUID(value)
    except ValueError as error:
        raise BadFrame("bad-frame") from error


def _cursor(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LARGEST:
        raise BadFrame("bad-frame")
    return value


def encoded(value: Any) -> str:
    """Write *value* as JSON without spaces, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def item(seq: int, kind: str, case: str, version: int, row: str) -> str:
    """Write one item around an already encoded *row* (``null``: the case leaves the live set)."""
    return f'{{"seq":{seq},"kind":"{kind}","id":"{case}","version":{version},"row":{row}}}'


def events(items: Sequence[tuple[int, str]], *, prev: int, next: int) -> list[str]:
    """Write (seq, item) as frames of at most ``LONGEST_FRAME`` bytes, chained from *prev* to *next*.

    No items, no frame.
    """
    frames: list[str] = []
    held: list[str] = []
    size, last = 0, prev
    for seq, text in items:
        length = len(text.encode()) + 1
        if held and size + length > LONGEST_FRAME - 100:  # the envelope
            frames.append(_event(prev, last, held))
            prev, held, size = last, [], 0
        held.append(text)
        size, last = size + length, seq
    if held:
        frames.append(_event(prev, next, held))
    return frames


def _event(prev: int, until: int, items: Sequence[str]) -> str:
    return f'{{"t":"ev","prev":{prev},"next":{until},"items":[{",".join(items)}]}}'


def nothing(prev: int, until: int) -> str:
    """Write the answer to a console that missed nothing."""
    return _event(prev, until, [])


def heartbeat(cursor: int, digest: str | None) -> str:
    """Write the beat: where the console should stand, and the digest of what it should hold."""
    return encoded({"t": "hb", "next": cursor, "digest": digest})


def reset(why: Why) -> str:
    """Write "take a new snapshot"."""
    return encoded({"t": "reset", "why": why})


def error(code: Code) -> str:
    """Write an error, which is a code and nothing else."""
    return encoded({"t": "err", "code": code})


def told() -> str:
    """Write "there is news for you": what it is, the console asks for."""
    return encoded({"t": "told"})


def who(case: str, people: Sequence[dict[str, str]]) -> str:
    """Write who is at a case now."""
    return encoded({"t": "who", "id": case, "people": people})
