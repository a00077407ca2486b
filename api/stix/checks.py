"""Whether a text is STIX to the letter: the last look before somebody is asked to approve.

The only module that imports ``stix2``, the validator and the pattern parser (seconds and 100 MB):
a job does, a request never. Everything is read from the installed packages, offline.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import stix2
import stix2.exceptions
from stix2patterns.validator import run_validator
from stix2validator import ValidationOptions, validate_string

from api.stix import schemas_once
from api.stix.markings import TLP_EXTENSION
from api.stix.words import INCIDENT_EXTENSION, PLAYBOOK_EXTENSION

schemas_once.install()
_SCHEMAS = {
    INCIDENT_EXTENSION: "incident-core.json",
    PLAYBOOK_EXTENSION: "playbook.json",
    TLP_EXTENSION: "tlp-2.json",
}
_NEW_OBJECTS = {"event": "event.json", "impact": "impact.json", "task": "task.json"}
_ID = re.compile(r"[a-z0-9-]+--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NotStix(ValueError):
    """What the checks found, in the library's own words; for the log and for tests."""

    def __init__(self, findings: list[str]) -> None:
        self.findings = findings
        super().__init__("; ".join(findings[:5]))

    @property
    def ids(self) -> set[str]:
        """The objects that are at fault, as far as the readers say which."""
        return {found for text in self.findings for found in _ID.findall(text)}


@cache
def _schema(name: str) -> Any:
    path = Path(__file__).parent / "schemas" / name
    return jsonschema.Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


def check(text: str) -> None:
    """Raise ``NotStix`` unless *text* is a valid STIX 2.1 bundle with valid patterns.

    Three readers: python-stix2 (nothing custom, but for the new objects of the incident suite, which
    it does not know, and what points to them), the validator's schemas and MUSTs, our own schemas
    for the extensions, which neither of them looks into.
    """
    findings: list[str] = []
    content = json.loads(text)
    new = {obj["id"] for obj in content.get("objects", []) if obj["type"] in _NEW_OBJECTS}
    strict: list[dict[str, Any]] = []
    lax: list[dict[str, Any]] = []
    for obj in content.get("objects", []):
        (lax if new & {obj["id"], *_references(obj)} else strict).append(obj)
    try:
        stix2.parse({**content, "objects": strict}, allow_custom=False, version="2.1")
        for obj in lax:
            stix2.parse(obj, allow_custom=True, version="2.1")
    except (stix2.exceptions.STIXError, ValueError, TypeError, KeyError) as error:
        findings.append(str(error))
    result = validate_string(text, ValidationOptions(version="2.1", silent=True))
    if not result.is_valid:
        findings += [str(error) for error in result.errors or ["not valid"]]
    for obj in content.get("objects", []):
        findings += [f"{obj['id']}: {words}" for words in _extensions(obj)]
        if obj.get("spec_version") != "2.1":
            findings.append(f"{obj['id']}: no spec_version")
        if obj["type"] == "indicator" and obj.get("pattern_type") != "stix":
            findings.append(f"{obj['id']}: no STIX pattern")  # two readers read those that are
    if findings:
        raise NotStix(findings)


def _references(obj: dict[str, Any]) -> set[str]:
    one = {value for name, value in obj.items() if name.endswith("_ref")}
    many = (value for name, value in obj.items() if name.endswith("_refs"))
    return one.union(*many)


def problem_of(text: str) -> str:
    """Return what is wrong with one object that somebody else wrote, or nothing.

    Extensions and properties of theirs are allowed; whatever it does to the readers is a finding.
    """
    try:
        obj = json.loads(text)
        if obj["type"] == "indicator" and obj.get("pattern_type") == "stix":
            errors = run_validator(obj["pattern"], stix_version="2.1")
            if errors:
                return f"pattern: {errors[0]}"
        stix2.parse(obj, allow_custom=True, version="2.1")
        result = validate_string(text, ValidationOptions(version="2.1", silent=True))
    except Exception as error:  # noqa: BLE001 - a partner's text, and three libraries
        return str(error) or type(error).__name__
    return "" if result.is_valid else str(next(iter(result.errors), "not valid"))


def _extensions(obj: dict[str, Any]) -> list[str]:
    found = obj.get("extensions", {})
    parts = [(schema, found[name]) for name, schema in _SCHEMAS.items() if name in found]
    if obj.get("type") in _NEW_OBJECTS:
        parts.append((_NEW_OBJECTS[obj["type"]], obj))
    return [error.message for schema, part in parts for error in _schema(schema).iter_errors(part)]
