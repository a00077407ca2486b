"""Identifiers: deterministic for what is observed (STIX 2.1 section 2.9), random for the rest."""

import json
from typing import Any
from uuid import UUID, uuid4, uuid5

NAMESPACE = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # of the standard
CONTRIBUTING = {
    "autonomous-system": ("number",),
    "directory": ("path",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "file": ("hashes", "name", "parent_directory_ref"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
}
_HASHES = ("MD5", "SHA-1", "SHA-256", "SHA-512")  # one counts, the first there is


def text_of(obj: object) -> str:
    """Return the text in which an object is released: its own order, UTF-8, one line."""
    return json.dumps(obj, ensure_ascii=False, allow_nan=False)


def observable_id(kind: str, properties: dict[str, Any]) -> str:
    """Return the id that every producer gives the same thing: UUIDv5 of canonical JSON."""
    named = {name: properties[name] for name in CONTRIBUTING[kind] if name in properties}
    if "hashes" in named:
        first = next(name for name in _HASHES if name in named["hashes"])
        named["hashes"] = {first: named["hashes"][first]}
    canonical = json.dumps(named, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{kind}--{uuid5(NAMESPACE, canonical)}"


def random_id(kind: str) -> str:
    """Return a fresh id that says nothing."""
    return f"{kind}--{uuid4()}"
