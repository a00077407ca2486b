"""Reading the whole chain again, against the head and against checkpoints kept elsewhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from csirt.journal.checkpoints import read as read_checkpoints
from csirt.journal.models import Event, Head
from csirt.journal.reading import consistent_read
from csirt.kernel import chain

Line = tuple[UUID, int, bytes, int]  # as ``checkpoints.read`` returns them
Kept = dict[int, Line]  # checkpoints by sequence number
Bad = tuple[int, str]


@dataclass(frozen=True)
class Verdict:
    """``bad`` is the first sequence number that cannot be trusted, None when all can."""

    events: int
    checkpoints: int
    bad: int | None = None
    why: str = ""


def verify(path: Path | None = None, key: Ed25519PublicKey | None = None) -> Verdict:
    """Check every event, the head, and each checkpoint of *path* (signed for *key*).

    Without checkpoints an edited, inserted, removed or reordered event is found; with them also a
    cut tail, a complete rewriting and a database put back to an older day.
    """
    return against(read_checkpoints(path, key) if path and key else [])


def against(lines: Iterable[Line]) -> Verdict:
    """Do the same with checkpoints that were read already."""
    kept: Kept = {line[1]: line for line in lines}
    with consistent_read():
        head = Head.objects.get(pk=1)
        events = Event.objects.order_by("seq").iterator(chunk_size=2000)
        count, seq, last, bad = _walk(events, kept)
    if bad is None and (head.seq, bytes(head.hash)) != (seq, last):
        bad = (min(head.seq, seq) + 1, "the head says otherwise")
    if bad is None and (late := [number for number in kept if number > seq]):
        bad = (seq + 1, f"cut: a checkpoint knows seq {max(late)}")
    return Verdict(count, len(kept), *(bad or ()))


def _walk(events: Iterator[Event], kept: Kept) -> tuple[int, int, bytes, Bad | None]:
    """Return how many events were read, the last number and hash, and what is wrong with it."""
    count, seq, last = 0, 0, chain.START
    for event in events:
        count += 1
        if event.seq != seq + 1:
            return count, seq, last, (seq + 1, "missing")
        if bytes(event.prev) != last:
            return count, seq, last, (event.seq, "does not follow the one before")
        last, seq = chain.link(event.epoch, event.seq, last, event.payload()), event.seq
        if bytes(event.hash) != last:
            return count, seq, last, (seq, "was changed")
        if seq in kept and (kept[seq][2] != last or kept[seq][0] != event.epoch):
            return count, seq, last, (_first_after(kept, seq), "differs from a checkpoint")
    return count, seq, last, None


def _first_after(kept: Kept, seq: int) -> int:
    """The first number that the checkpoints before *seq* do not vouch for."""
    return max((number for number in kept if number < seq), default=0) + 1
