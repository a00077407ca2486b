"""A playbook, or a run of one, as OASIS CACAO Security Playbooks 2.0.

Standard fields say the steps in their order: one action a step, its words, the role as its agent, its
sources, and an ``if-condition`` around a step that has one. The extension adds what the standard has
no field for: phase, due time, whether it is required or shown to the victim, the duty it meets, the
other language. Without it the same steps stand in the same order.

Specification: https://docs.oasis-open.org/cacao/security-playbooks/v2.0/security-playbooks-v2.0.html
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from csirt.reference.bundle import Bundle
from csirt.reference.conditions import (
    And,
    Compare,
    Condition,
    Flag,
    Includes,
    Member,
    Not,
    Or,
)
from csirt.reference.playbooks import PLAYBOOK_PHASES, Playbook, Step

EXTENSION = "extension-definition--6c2a3d0e-7b0b-4d6e-9f4e-3b1b7d5c8a21"
EXTENSION_VERSION = "1.0.0"
MEDIA_TYPE = "application/cacao+json;version=2.0"
ACTIVITY = {"before": "configure-systems", "during": "step-sequence", "after": "step-sequence"}
TYPES = ("mitigation", "prevention", "remediation")


@dataclass(frozen=True)
class Source:
    """What an export is made from. ``author``: UUID of the STIX identity; ``schema``: its address."""

    bundle: Bundle
    language: str
    author: UUID
    schema: str
    created: datetime
    modified: datetime


@dataclass(frozen=True)
class Done:
    """How far a run came: ``steps`` has (state, moment it came to it, role) by step id."""

    run: UUID
    name: str
    tlp: str
    steps: Mapping[str, tuple[str, datetime | None, str]] = field(default_factory=dict)


def exported(playbook: Playbook, source: Source, done: Done | None = None) -> dict[str, Any]:
    """The CACAO object of a playbook, or of a run of it when *done* says how far it came.

    The same playbook gives the same identifiers each time; a run has its own, and names the playbook
    it was derived from. A run carries neither notes nor reasons: they may name people.
    """
    seed = f"{done.run}" if done else playbook.id
    steps = [(phase, step) for phase in PLAYBOOK_PHASES for step in playbook.phases.of(phase)]
    workflow = _workflow(seed, steps, source, done)
    roles = sorted({_role(step, done) for _phase, step in steps})
    content: dict[str, Any] = {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": _playbook_id(playbook, done),
        "name": _said(playbook, "title", source.language) + (f" – {done.name}" if done else ""),
        "description": _description(playbook, source.language),
        "playbook_types": list(TYPES),
        "playbook_activities": sorted(set(ACTIVITY.values())),
        "playbook_processing_summary": {
            "manual_playbook": True,
            "if_logic": any(step.when for _phase, step in steps),
            "data_markings": done is not None,
            "extensions": True,
        },
        "created_by": f"identity--{source.author}",
        "created": moment(source.created),
        "modified": moment(source.modified),
        "labels": [playbook.id, f"version:{playbook.version}"],
        "external_references": _references(
            {name for _phase, step in steps for name in step.source}, source.bundle
        ),
        "workflow_start": _id("start", seed, "start"),
        "workflow": workflow,
        "playbook_extensions": {EXTENSION: _about(playbook, source.language, done)},
        "agent_definitions": {_agent_id(role): _agent(role, source) for role in roles},
        "extension_definitions": {EXTENSION: _definition(source)},
    }
    if variables := _variables(step.when for _phase, step in steps):
        content["playbook_variables"] = variables
    if done is not None:
        content["derived_from"] = [_playbook_id(playbook, None)]
        marking = _id("marking-tlp", "tlp", done.tlp)
        content["markings"] = [marking]
        content["data_marking_definitions"] = {marking: _marking(marking, source, done.tlp)}
    return content


def stripped(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same export without the extension."""
    kept = {
        name: value
        for name, value in content.items()
        if name not in {"playbook_extensions", "extension_definitions"}
    }
    kept["workflow"] = {
        name: {key: value for key, value in step.items() if key != "step_extensions"}
        for name, step in content["workflow"].items()
    }
    kept["playbook_processing_summary"] = content["playbook_processing_summary"] | {
        "extensions": False
    }
    return kept


def moment(at: datetime) -> str:
    """A timestamp of the standard: UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _id(kind: str, *names: str) -> str:
    """An identifier that the same names always give; of version 4, as steps must have."""
    digest = hashlib.sha256("|".join(("cyberocc", kind, *names)).encode()).digest()
    return f"{kind}--{UUID(bytes=digest[:16], version=4)}"


def _playbook_id(playbook: Playbook, done: Done | None) -> str:
    return f"playbook--{done.run}" if done else _id("playbook", playbook.id)


def _agent_id(role: str) -> str:
    return _id("individual", role)


def _role(step: Step, done: Done | None) -> str:
    known = done.steps.get(step.id) if done else None
    return known[2] if known else step.role


def _workflow(
    seed: str, steps: list[tuple[str, Step]], source: Source, done: Done | None
) -> dict[str, Any]:
    """Start, each step in order, end. A conditional step is a branch with an end of its own."""
    workflow: dict[str, Any] = {}
    entries = [_id("if-condition" if s.when else "action", seed, s.id) for _p, s in steps]
    following = [*entries[1:], _id("end", seed, "end")]
    start = _id("start", seed, "start")
    workflow[start] = {"type": "start", "on_completion": entries[0]}
    for entry, after, (phase, step) in zip(entries, following, steps, strict=True):
        action = _action(phase, step, source, done)
        if step.when is None:
            workflow[entry] = action | {"on_completion": after}
            continue
        inner, over = _id("action", seed, step.id), _id("end", seed, step.id)
        workflow[entry] = {
            "type": "if-condition",
            "name": _said(step, "title", source.language),
            "condition": pattern(step.when),
            "on_true": inner,
            "on_completion": after,
        }
        workflow[inner] = action | {"on_completion": over}
        workflow[over] = {"type": "end"}
    workflow[_id("end", seed, "end")] = {"type": "end"}
    return workflow


def _action(phase: str, step: Step, source: Source, done: Done | None) -> dict[str, Any]:
    detail = _said(step, "detail", source.language)
    return {
        "type": "action",
        "name": _said(step, "title", source.language),
        "description": detail,
        "external_references": _references(set(step.source), source.bundle),
        "commands": [{"type": "manual", "command": detail, "playbook_activity": ACTIVITY[phase]}],
        "agent": _agent_id(_role(step, done)),
        "step_extensions": {EXTENSION: _extension(phase, step, source.language, done)},
    }


def _extension(phase: str, step: Step, language: str, done: Done | None) -> dict[str, Any]:
    other = "en" if language == "fr" else "fr"
    content: dict[str, Any] = {
        "id": step.id,
        "phase": phase,
        "role": _role(step, done),
        "due": str(step.due) if step.due else None,
        "due_from": step.due_from,
        "clock": step.clock,
        "required": step.required,
        "visible_to_victim": step.visible_to_victim,
        "basis": step.basis,
        "sources": list(step.source),
        "language": language,
        "translations": {
            other: {
                "name": _said(step, "title", other),
                "description": _said(step, "detail", other),
            }
        },
    }
    if step.when is not None:
        content["when"] = str(step.when)
    if step.duty is not None:
        content["duty"] = step.duty
    known = done.steps.get(step.id) if done else None
    if known is not None:
        content["state"] = known[0]
        content["state_at"] = moment(known[1]) if known[1] else None
    return content


def _about(playbook: Playbook, language: str, done: Done | None) -> dict[str, Any]:
    other = "en" if language == "fr" else "fr"
    return {
        "id": playbook.id,
        "version": playbook.version,
        "language": language,
        "is_run": done is not None,
        "victim_kinds": list(playbook.victim_kinds),
        "first_minutes": list(getattr(playbook, f"first_minutes_{language}")),
        "dont": list(getattr(playbook, f"dont_{language}")),
        "translations": {
            other: {
                "name": _said(playbook, "title", other),
                "first_minutes": list(getattr(playbook, f"first_minutes_{other}")),
                "dont": list(getattr(playbook, f"dont_{other}")),
            }
        },
    }


def _description(playbook: Playbook, language: str) -> str:
    heads = {"fr": ("À faire tout de suite :", "À ne pas faire :"), "en": ("Do now:", "Do not:")}
    do, dont = heads[language]
    lines = [do, *(f"- {one}" for one in getattr(playbook, f"first_minutes_{language}"))]
    lines += [dont, *(f"- {one}" for one in getattr(playbook, f"dont_{language}"))]
    return "\n".join(lines)


def _agent(role: str, source: Source) -> dict[str, Any]:
    known = {one.id: one for one in source.bundle.vocabulary.roles}.get(role)
    return {"type": "individual", "name": str(getattr(known, source.language, role))}


def _references(names: set[str], bundle: Bundle) -> list[dict[str, str]]:
    found = []
    for name in sorted(names):
        source = bundle.source_file.sources.get(name)
        if source is None:
            found.append({"name": name, "external_id": name})
            continue
        reference = {"name": source.title, "external_id": name}
        found.append(reference | ({"url": source.url} if source.url else {}))
    return found


def _definition(source: Source) -> dict[str, Any]:
    return {
        "type": "extension-definition",
        "name": "Phase, due time, role and language of a step",
        "description": "What CACAO 2.0 has no field for, of playbooks for those who were attacked.",
        "created_by": f"identity--{source.author}",
        "schema": source.schema,
        "version": EXTENSION_VERSION,
    }


def _marking(name: str, source: Source, tlp: str) -> dict[str, Any]:
    return {
        "type": "marking-tlp",
        "id": name,
        "created_by": f"identity--{source.author}",
        "created": moment(source.created),
        "tlpv2_level": f"TLP:{tlp.upper()}",
    }


def pattern(condition: Condition) -> str:
    """A condition in the patterning grammar of STIX, its names as variables of the playbook."""
    if isinstance(condition, Flag):
        return f"{_variable(condition.name)}:value = 'true'"
    if isinstance(condition, Not):
        return f"NOT ({pattern(condition.term)})"
    if isinstance(condition, And | Or):
        joint = " AND " if isinstance(condition, And) else " OR "
        return joint.join(
            f"({pattern(term)})" if isinstance(term, And | Or) else pattern(term)
            for term in condition.terms
        )
    assert isinstance(condition, Compare | Member | Includes)
    name = f"{_variable(condition.name)}:value"
    if isinstance(condition, Member):
        listed = ", ".join(f"'{value}'" for value in condition.values)
        return f"{name} {'NOT ' if condition.negated else ''}IN ({listed})"
    if isinstance(condition, Includes):
        return f"{name} LIKE '%{condition.value}%'"
    return f"{name} {'=' if condition.operator == '==' else '!='} '{condition.value}'"


def _variable(name: str) -> str:
    return f"__{name.replace('-', '_')}__"


def _variables(conditions: Iterator[Condition | None]) -> dict[str, Any]:
    names: dict[str, str] = {}
    for condition in conditions:
        if condition is not None:
            names |= dict.fromkeys(condition.names(), "string")
            names |= dict.fromkeys(condition.flags(), "bool")
    return {
        _variable(name): {"type": kind, "external": True, "description": name}
        for name, kind in sorted(names.items())
    }


def _said(thing: object, name: str, language: str) -> str:
    return str(getattr(thing, f"{name}_{language}"))
