"""What may be written in the journal: dotted kinds, each with a declared schema of its data.

Data holds identifiers, names of fields and plain values, never personal data: a ``token`` has
neither spaces nor @, so that prose and addresses cannot get in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_TOKEN = re.compile(r"[\w.:+/\-]{0,100}")
_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)+")

type_names = ("token", "tokens", "int", "bool", "changes")


def _fits(kind_of_value: str, value: object) -> bool:
    if kind_of_value == "token":
        return isinstance(value, str) and _TOKEN.fullmatch(value) is not None
    if kind_of_value == "tokens":
        return isinstance(value, list) and all(_fits("token", item) for item in value)
    if kind_of_value == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind_of_value == "bool":
        return isinstance(value, bool)
    if kind_of_value == "changes":  # {field: [old token, new token]}
        return isinstance(value, dict) and all(
            _fits("token", key) and _fits("tokens", pair) and len(pair) == 2
            for key, pair in value.items()
        )
    raise ValueError(f"no such type of data: {kind_of_value}")


@dataclass(frozen=True)
class Kind:
    """One kind of event. ``audience`` is ``desk``, or ``victim`` when their page may show it."""

    name: str
    schema: int = 1
    audience: str = "desk"
    data: Mapping[str, str] = field(default_factory=dict)

    def check(self, data: dict[str, object]) -> None:
        """Raise ``ValueError`` when *data* is not of the declared form. Any key may be absent."""
        for key, value in data.items():
            declared = self.data.get(key)
            if declared is None:
                raise ValueError(f"{self.name} declares no data called {key!r}")
            if not _fits(declared, value):
                raise ValueError(f"{self.name}: {key} is not of type {declared}")


_kinds: dict[str, Kind] = {}
kinds: Mapping[str, Kind] = MappingProxyType(_kinds)


def declare(name: str, *, schema: int = 1, audience: str = "desk", **data: str) -> Kind:
    """Make a kind known, once, when its module is imported."""
    if not _NAME.fullmatch(name) or audience not in {"desk", "victim"}:
        raise ValueError(f"not a kind: {name!r} for {audience!r}")
    if unknown := set(data.values()) - set(type_names):
        raise ValueError(f"{name}: no such type of data: {sorted(unknown)}")
    kind = Kind(name, schema, audience, MappingProxyType(dict(data)))
    if _kinds.setdefault(name, kind) != kind:
        raise ValueError(f"{name} is declared twice, differently")
    return kind
