"""A CACAO 2.0 playbook of somebody else as the text of one of ours, with what was flattened on the way.

Ours know one list of steps. Branches stand one after the other in it: both sides of a condition, all
arms of a parallel step, the body of a loop once. Each such loss is said, for the one who reads it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from csirt.kernel.errors import Invalid
from csirt.kernel.text import clean, clean_line
from csirt.reference.playbooks import PLAYBOOK_PHASES
from playbooks.domain.cacao import EXTENSION
from playbooks.domain.writing import HEAD

MOST_STEPS = 200
_SLUG = re.compile(r"[^a-z0-9]+")
FLATTENED_SENTENCES = {
    "if-condition": "Condition « %s » : les deux branches sont mises à la suite.",
    "switch-condition": "Choix « %s » : toutes les branches sont mises à la suite.",
    "while-condition": "Boucle « %s » : son contenu est écrit une fois.",
    "parallel": "Étapes en parallèle « %s » : elles sont mises à la suite.",
    "playbook-action": "Autre playbook appelé : « %s » devient une étape à faire à la main.",
    "command": "« %s » : une commande automatique est devenue un texte à lire.",
    "failure": "« %s » : le chemin en cas d'échec n'est pas repris.",
}
_FIELDS = ("due", "due_from", "clock", "required", "visible_to_victim", "role", "basis")


@dataclass
class Read:
    """The text for the loader, and what it lost: pairs of a key of the sentences and a name."""

    text: str
    lost: list[tuple[str, str]] = field(default_factory=list)


def read(text: str) -> Read:
    """The YAML of a CACAO playbook; the loader judges it. Raises ``Invalid`` for what is no CACAO 2.0."""
    try:
        return _read(_object(text))
    except RecursionError as error:
        raise Invalid("Ce fichier n'est pas un playbook CACAO 2.0.", code="bad-file") from error


def _read(content: Mapping[str, Any]) -> Read:
    about = _ours(content.get("playbook_extensions"))
    found = Read("")
    name = clean_line(str(content.get("name", ""))) or "CACAO"
    slug = str(about.get("id") or _slug(name))
    language = "en" if about.get("language") == "en" else "fr"
    phases: dict[str, list[dict[str, Any]]] = {phase: [] for phase in PLAYBOOK_PHASES}
    for number, step in enumerate(_actions(content, found), 1):
        phase, fields = _step(step, f"{slug[:40]}-{number}", language)
        phases[phase].append(fields)
    order = 0
    for phase in PLAYBOOK_PHASES:
        for fields in phases[phase]:
            order += 1
            fields["order"] = order
    body = {
        "id": slug,
        "version": str(about.get("version") or "import"),
        **_both("title", name, _other(about, "name"), language),
        "victim_kinds": about.get("victim_kinds")
        or ["commune", "epci", "entreprise", "association", "particulier"],
        **_lists("first_minutes", about, language),
        **_lists("dont", about, language),
        "phases": phases,
    }
    found.text = HEAD + yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=100)
    return found


def _object(text: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("Ce fichier n'est pas du JSON.", code="bad-file") from error
    workflow = content.get("workflow") if isinstance(content, dict) else None
    if not isinstance(workflow, dict) or content.get("spec_version") != "cacao-2.0":
        raise Invalid("Ce fichier n'est pas un playbook CACAO 2.0.", code="bad-file")
    if any(not isinstance(step, dict) for step in workflow.values()):
        raise Invalid("Une étape de ce fichier est illisible.", code="bad-file")
    return content


def _actions(content: Mapping[str, Any], found: Read) -> Iterator[dict[str, Any]]:
    """Every action in the order of the workflow, each once."""
    workflow, seen = content["workflow"], set[str]()
    waiting = [str(content.get("workflow_start"))]
    count = 0
    while waiting:
        name = waiting.pop(0)
        step = workflow.get(name)
        if step is None or name in seen:
            continue
        seen.add(name)
        kind = str(step.get("type"))
        title = clean_line(str(step.get("name") or kind))
        if kind in {"action", "playbook-action"}:
            count += 1
            if count > MOST_STEPS:
                raise Invalid("Ce fichier a trop d'étapes.", code="too-many")
            yield step
        ours = bool(_ours((workflow.get(str(step.get("on_true"))) or {}).get("step_extensions")))
        if kind in FLATTENED_SENTENCES and not (ours and kind == "if-condition"):
            found.lost.append((kind, title))
        if kind == "action" and any(
            isinstance(one, dict) and one.get("type") != "manual"
            for one in _several(step.get("commands"))
        ):
            found.lost.append(("command", title))
        if step.get("on_failure"):
            found.lost.append(("failure", title))
        waiting = [*_branches(step), *_next(step), *waiting]


def _branches(step: Mapping[str, Any]) -> list[str]:
    cases = step.get("cases")
    named = [step.get("on_true"), step.get("on_false"), *_several(step.get("next_steps"))]
    named += list(cases.values()) if isinstance(cases, dict) else []
    return [str(name) for name in named if name]


def _next(step: Mapping[str, Any]) -> list[str]:
    return [str(step[key]) for key in ("on_completion", "on_success") if step.get(key)]


def _step(step: Mapping[str, Any], name: str, language: str) -> tuple[str, dict[str, Any]]:
    known = _ours(step.get("step_extensions"))
    phase = known.get("phase")
    phase = phase if phase in PLAYBOOK_PHASES else "during"
    title = clean_line(str(step.get("name") or name))
    words = clean(str(step.get("description") or _command(step) or title)).strip() or title
    fields: dict[str, Any] = {
        "id": str(known.get("id") or name),
        "order": 0,
        **_both("title", title, _other(known, "name"), language),
        **_both("detail", words, _other(known, "description"), language),
        "role": "analyste",
        "due": "PT24H",
        "due_from": "shown",
        "clock": "opening",
        "visible_to_victim": False,
        "required": False,
        "basis": "own",
        "source": known.get("sources") or ["PROJ"],
    }
    fields |= {key: known[key] for key in (*_FIELDS, "when", "duty") if key in known}
    return phase, fields


def _command(step: Mapping[str, Any]) -> str:
    commands = [one for one in _several(step.get("commands")) if isinstance(one, dict)]
    return "\n".join(str(one.get("command") or one.get("description") or "") for one in commands)


def _several(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _ours(extensions: object) -> Mapping[str, Any]:
    found = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    return found if isinstance(found, dict) else {}


def _other(known: Mapping[str, Any], key: str) -> Any:
    """What our extension says in the other language, None when it is not there."""
    translations = known.get("translations")
    if not isinstance(translations, dict):
        return None
    return next((one.get(key) for one in translations.values() if isinstance(one, dict)), None)


def _both(name: str, said: str, other: Any, language: str) -> dict[str, str]:
    """Both languages of a text; one that has no other is the same in both."""
    second = clean(str(other)) if other else said
    fr, en = (said, second) if language == "fr" else (second, said)
    return {f"{name}_fr": fr, f"{name}_en": en}


def _lists(name: str, about: Mapping[str, Any], language: str) -> dict[str, list[str]]:
    mine = [str(one) for one in _several(about.get(name))]
    other = [str(one) for one in _several(_other(about, name)) or mine]
    fr, en = (mine, other) if language == "fr" else (other, mine)
    return {f"{name}_fr": fr, f"{name}_en": en}


def _slug(name: str) -> str:
    return _SLUG.sub("-", name.lower()).strip("-")[:60] or "cacao"
