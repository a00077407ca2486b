"""What a partner's STIX says, in plain values and words; read here, run nowhere."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from csirt.kernel.text import clean, clean_line
from incidents.domain.observables import ObservableType as T
from incidents.domain.observables import OwnValues, extract

MOST_VALUES = 100  # of one object
_COMPARED = re.compile(
    r"([a-z0-9-]{1,60}):([\w.'-]{1,80})\s{0,9}(?:=|ISSUBSET)\s{0,9}'((?:[^'\\]|\\.){1,2048})'"
)
_HASHES = {"MD5": T.MD5, "SHA1": T.SHA1, "SHA256": T.SHA256, "SHA512": T.SHA512}
_OF_PATH = {
    "ipv4-addr:value": T.IPV4,
    "ipv6-addr:value": T.IPV6,
    "domain-name:value": T.DOMAIN,
    "url:value": T.URL,
    "email-addr:value": T.EMAIL,
    "mac-addr:value": T.MAC,
    "file:name": T.FILENAME,
    "windows-registry-key:key": T.REGISTRY_KEY,
    "email-message:subject": T.EMAIL_SUBJECT,
    "email-message:message_id": T.MESSAGE_ID,
    "user-account:account_login": T.ACCOUNT,
}
_AS_WRITTEN = {T.FILENAME, T.REGISTRY_KEY, T.EMAIL_SUBJECT, T.MESSAGE_ID, T.ACCOUNT}
_SAID = ("name", "description", "abstract", "content", "opinion", "explanation", "pattern")


@dataclass(frozen=True)
class Said:
    """One object: its own words by property, and the values in it."""

    name: str
    words: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str], ...]  # (type, value)


def said(text: str) -> Said:
    """Read one object that was kept."""
    obj = json.loads(text)
    words = [(name, clean(obj[name]).strip()) for name in _SAID if isinstance(obj.get(name), str)]
    if obj["type"] == "sighting":
        words += [
            (name, str(obj[name])[:100])
            for name in ("sighting_of_ref", "count", "first_seen", "last_seen")
            if name in obj
        ]
    values = tuple(dict.fromkeys(_values(obj)))[:MOST_VALUES]
    shown = obj.get("name") or (values[0][1] if values else "") or obj["id"]
    return Said(clean_line(str(shown))[:200], tuple(words), values)


def _values(obj: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kind = obj["type"]
    if kind == "indicator":
        if obj.get("pattern_type") == "stix" and isinstance(obj.get("pattern"), str):
            for of, path, value in _COMPARED.findall(obj["pattern"]):
                yield from _typed(of, path, re.sub(r"\\(.)", r"\1", value))
        return
    for path, value in obj.items():
        if isinstance(value, str):
            yield from _typed(kind, path, value)
    hashes = obj.get("hashes")
    for name, value in hashes.items() if kind == "file" and isinstance(hashes, dict) else ():
        if isinstance(value, str):
            yield from _typed(kind, f"hashes.{name}", value)


def _typed(kind: str, path: str, value: str) -> Iterator[tuple[str, str]]:
    name = re.sub(r"[^A-Z0-9]", "", path.removeprefix("hashes.").upper())
    of = _HASHES.get(name) if kind == "file" and path.startswith("hashes") else None
    found = of or _OF_PATH.get(f"{kind}:{path}")
    value = clean_line(value)
    if found is None or not value or len(value) > 2048:
        return
    if found in {T.IPV4, T.IPV6} and "/" in value:
        found = T.CIDR
    if found == T.DOMAIN and value.lower().endswith(".onion"):
        found = T.ONION
    yield str(found), value


def kept_forms(values: tuple[tuple[str, str], ...], own: OwnValues) -> list[tuple[str, str, str]]:
    """Return (type, value, as written) of what may be kept in a case: never the victim's own."""
    kept = []
    for kind, written in values:
        found = [item for item in extract(written, own=own) if item.type == kind]
        if len(found) == 1:
            kept.append((kind, found[0].value, written))
        elif kind in _AS_WRITTEN:
            kept.append((kind, written, written))
    return kept
