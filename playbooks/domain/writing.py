"""A playbook back into its file: the YAML that the loader takes."""

import dataclasses
from typing import Any

import yaml

from csirt.reference.playbooks import PLAYBOOK_PHASES, Playbook, Step

HEAD = (
    "# Sources: csirt/reference/data/sources.yaml; duties: csirt/reference/data/duties.yaml;"
    " closed lists and condition grammar: csirt/reference/data/vocabulary.yaml."
    " Own words, EUPL-1.2.\n"
)
_OPTIONAL = {"when", "duty"}


class _Dumper(yaml.SafeDumper):
    """Lists stand in their own indentation, and nothing is ever an alias."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def written(playbook: Playbook) -> str:
    """The file of *playbook*; reading it gives the same playbook, its order numbers set anew."""
    content: dict[str, Any] = {
        field.name: _plain(getattr(playbook, field.name))
        for field in dataclasses.fields(playbook)
        if field.name != "phases"
    }
    order, phases = 0, {}
    for phase in PLAYBOOK_PHASES:
        steps = []
        for step in playbook.phases.of(phase):
            order += 1
            steps.append(_step(step, order))
        phases[phase] = steps
    content["phases"] = phases
    body = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
    return HEAD + body


def _step(step: Step, order: int) -> dict[str, Any]:
    fields = {}
    for field in dataclasses.fields(step):
        value = order if field.name == "order" else getattr(step, field.name)
        if value is None and field.name in _OPTIONAL:
            continue
        fields[field.name] = _plain(value)
    return fields


def _plain(value: object) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)  # a duration, a condition
