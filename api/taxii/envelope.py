"""What a partner posts, read strictly: one envelope, each object by itself (TAXII 2.1, section 5.5).

Whether an object is STIX to the letter is looked at later, by a job: here is only what can be said
at once, cheaply, of any bytes at all.
"""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from api.sharing.receiving import Received
from api.stix.tlp_ids import READ
from api.taxii import moments
from api.taxii.answers import Refused
from csirt.kernel.tlp import Tlp

MOST_OBJECTS = 5_000
LONGEST_OBJECT = 256 * 1024  # characters
DEEPEST = 30
LONGEST_PATTERN = 4_000  # characters: reading a longer one could take seconds
_ID = re.compile(r"([a-z][a-z0-9-]{1,58})--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WITHOUT_VERSION = frozenset(
    {
        "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message",
        "file", "ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process",
        "software", "url", "user-account", "windows-registry-key", "x509-certificate",
    }
)  # fmt: skip


class Unfit(ValueError):
    """An object that cannot be taken; the sentence is for the person who runs the client."""


def read(body: bytes) -> tuple[list[Received], list[dict[str, str]]]:
    """Return the objects that may be kept, and for each other one why not, as a status says it.

    Raises ``Refused``: 400 for what is not JSON, 422 for what is no envelope with objects.
    """
    objects = _objects(body)
    fit: list[Received] = []
    failures: list[dict[str, str]] = []
    for place, obj in enumerate(objects, 1):
        try:
            fit.append(_received(obj))
        except Unfit as error:
            failures.append({**_named(obj), "message": f"Object {place}: {error}"})
    return fit, failures


def _objects(body: bytes) -> list[Any]:
    try:
        envelope = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(
            HTTPStatus.BAD_REQUEST, "Bad request", "The body is not JSON in UTF-8 (I-JSON)."
        ) from error
    objects = envelope.get("objects") if isinstance(envelope, dict) else None
    if not isinstance(objects, list) or not objects:
        raise _unprocessable("The body is not an envelope with objects.")
    if len(objects) > MOST_OBJECTS:
        raise _unprocessable(f"At most {MOST_OBJECTS} objects at a time.")
    return objects


def _unprocessable(what: str) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "Unprocessable", what)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _named(obj: Any) -> dict[str, str]:
    """Return how a failure names *obj*: by its id and version, as far as it has any."""
    stix_id = obj.get("id") if isinstance(obj, dict) else None
    known = isinstance(stix_id, str) and _ID.fullmatch(stix_id)
    try:
        version = _version(obj) if known else ""
    except Unfit:
        version = ""
    return {
        "id": str(stix_id) if known else "unknown--00000000-0000-4000-8000-000000000000",
        **({"version": version} if version else {}),
    }


def _received(obj: Any) -> Received:
    if not isinstance(obj, dict):
        raise Unfit("not an object.")
    stix_id, kind = obj.get("id"), obj.get("type")
    found = _ID.fullmatch(stix_id) if isinstance(stix_id, str) else None
    if found is None or found[1] != kind or kind == "bundle":
        raise Unfit("id and type are not those of a STIX object.")
    spec_version = obj.get("spec_version", "2.1" if kind in _WITHOUT_VERSION else None)
    if spec_version != "2.1":
        raise Unfit("spec_version is not 2.1.")
    if _depth(obj) > DEEPEST:
        raise Unfit(f"more than {DEEPEST} levels deep.")
    pattern = obj.get("pattern")
    if isinstance(pattern, str) and len(pattern) > LONGEST_PATTERN:
        raise Unfit(f"a pattern of more than {LONGEST_PATTERN} characters.")
    try:
        text = json.dumps(obj, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise Unfit("not text and numbers of JSON.") from error
    if len(text) > LONGEST_OBJECT:
        raise Unfit(f"longer than {LONGEST_OBJECT} characters.")
    return Received(
        stix_id=found[0],
        type=found[1],
        version=_version(obj),
        text=text,
        tlp=_tlp(obj),
    )


def _version(obj: dict[str, Any]) -> str:
    """Return ``modified``, else ``created``, else nothing, as versions are kept."""
    said = obj.get("modified", obj.get("created"))
    if said is None:
        if obj.get("type") in _WITHOUT_VERSION:
            return ""
        raise Unfit("neither created nor modified.")
    try:
        return moments.version(moments.read(said)) if isinstance(said, str) else _no_number("")
    except ValueError as error:
        raise Unfit("created or modified is not a timestamp.") from error


def _depth(obj: Any) -> int:
    deepest, level = 0, [obj]
    while level and deepest <= DEEPEST:
        deepest += 1
        level = [inner for outer in level for inner in _inside(outer)]
    return deepest


def _inside(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (each for each in inner if isinstance(each, dict | list))


def _tlp(obj: dict[str, Any]) -> Tlp:
    """Return the strictest level that *obj* is marked with; AMBER when it says none."""
    marks = obj.get("object_marking_refs")
    refs = list(marks) if isinstance(marks, list) else []
    granular = obj.get("granular_markings")
    for each in granular if isinstance(granular, list) else []:
        refs.append(each.get("marking_ref") if isinstance(each, dict) else None)
    levels = [Tlp(READ[ref]) for ref in refs if isinstance(ref, str) and ref in READ]
    return max(levels, default=Tlp.AMBER)
