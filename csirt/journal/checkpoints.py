"""Signed checkpoints: a bare chain shows neither a cut tail nor a complete rewriting; these do."""

import json
import os
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

from csirt.journal.models import Checkpoint, Event, Head
from csirt.journal.reading import consistent_read
from csirt.kernel import chain
from csirt.kernel.clock import stamp

EVERY_SECONDS = 600
EVERY_EVENTS = 1000


def statement(checkpoint: Checkpoint) -> dict[str, object]:
    """Return what is signed, as plain values."""
    return {
        "epoch": str(checkpoint.epoch),
        "seq": checkpoint.seq,
        "hash": bytes(checkpoint.hash).hex(),
        "count": checkpoint.count,
        "at": stamp(checkpoint.at),
    }


def private_key() -> Ed25519PrivateKey | None:
    """Return the worker's signing key, or None where there is none (the web processes)."""
    if not settings.CHECKPOINT_KEY:
        return None
    key = load_pem_private_key(settings.CHECKPOINT_KEY.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("CSIRT_CHECKPOINT_KEY is not an Ed25519 key")
    return key


def write_if_due(at: datetime) -> Checkpoint | None:
    """Sign where the chain stands, after 10 minutes or 1,000 events; None when not due."""
    key = private_key()
    if key is None:
        return None
    last = Checkpoint.objects.order_by("-id").first()
    head = Head.objects.get(pk=1)
    if head.seq == 0 or (last and last.seq == head.seq and last.epoch == head.epoch):
        return None
    soon = last and at - last.at < timedelta(seconds=EVERY_SECONDS)
    if soon and last and head.seq - last.seq < EVERY_EVENTS:
        return None
    return write(key, at)


def write(key: Ed25519PrivateKey, at: datetime) -> Checkpoint:
    """Sign the head as it stands and append the line to ``CHECKPOINT_FILE``, synced.

    Where another worker has just signed the same head, its checkpoint is returned.
    """
    with consistent_read():
        head = Head.objects.get(pk=1)
        count = Event.objects.count()
    checkpoint = Checkpoint(epoch=head.epoch, seq=head.seq, hash=head.hash, count=count, at=at)
    checkpoint.signature = key.sign(chain.canonical(statement(checkpoint)))
    signed, created = Checkpoint.objects.get_or_create(
        epoch=head.epoch,
        seq=head.seq,
        defaults={name: getattr(checkpoint, name) for name in ("hash", "count", "at", "signature")},
    )
    if not created:
        return signed
    line = statement(checkpoint) | {"signature": b64encode(checkpoint.signature).decode()}
    path = Path(settings.CHECKPOINT_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return signed


class Forged(ValueError):
    """A line of a checkpoint file does not carry the desk's signature."""


def read(path: Path, key: Ed25519PublicKey) -> list[tuple[UUID, int, bytes, int]]:
    """Return (epoch, seq, hash, count) of each line; raises ``Forged`` on a wrong signature."""
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = json.loads(text)
        signature = b64decode(line.pop("signature"))
        try:
            key.verify(signature, chain.canonical(line))
        except InvalidSignature as error:
            raise Forged(f"{path.name}:{number}") from error
        lines.append((UUID(line["epoch"]), line["seq"], bytes.fromhex(line["hash"]), line["count"]))
    return lines
