"""The hash chain of the journal: ``sha256(epoch | seq | prev | canonical JSON)``."""

import hashlib
import json
from uuid import UUID

START = bytes(32)  # the hash before the first event


def canonical(payload: object) -> bytes:
    """Return the one JSON text of *payload*: sorted keys, no spaces, UTF-8, no floats.

    Raises ``ValueError`` on a float: its text differs between engines.
    """
    _refuse_floats(payload)
    return json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise ValueError("a float has no canonical text")  # noqa: TRY004 - it may be deep inside
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)


def link(epoch: UUID, seq: int, prev: bytes, payload: object) -> bytes:
    """Return the 32-byte hash of one event."""
    return hashlib.sha256(epoch.bytes + seq.to_bytes(8, "big") + prev + canonical(payload)).digest()
