"""YAML into frozen dataclasses; the dataclass is the schema.

Field names and types say what a file may hold. Anything else is refused with file, line and field:
duplicate keys, unknown or missing fields, wrong types, aliases. What can only be judged once every
file is read (an id of another file, a condition) is noted and judged by ``Readers.settle``.
"""

import dataclasses
import functools
import re
import types
import typing
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, Protocol, TypeVar

import yaml

from csirt.reference import errors
from csirt.reference.conditions import Condition, ConditionError, Names, parse, problems
from csirt.reference.durations import Duration

T = TypeVar("T")
_TAG = "tag:yaml.org,2002:"
_KINDS = {"str": "text", "int": "a whole number", "bool": "true or false", "float": "a number"}
LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 40  # collections inside each other; what builds the tree ends the process on a deep one


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: ``triage.yaml:34 floors[2].when``."""

    file: str
    line: int
    path: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.path}" if self.path else f"{self.file}:{self.line}"

    def down(self, node: yaml.Node, step: str) -> "Place":
        joined = (
            f"{self.path}.{step}" if self.path and not step.startswith("[") else self.path + step
        )
        return Place(self.file, node.start_mark.line + 1, joined)

    def refuse(self, why: str) -> errors.ReferenceError:
        return errors.ReferenceError(f"{self}: {why}")


class Mark(Protocol):
    """A rule attached to a type with ``Annotated``."""

    def see(self, reader: "Reader", value: str, at: Place) -> None: ...


@dataclass(frozen=True, slots=True)
class Ref:
    """The text is the id of something: judged when everything is read."""

    kind: str

    def see(self, reader: "Reader", value: str, at: Place) -> None:
        reader.refs.append((self.kind, value, at))


@dataclass(frozen=True, slots=True)
class Matches:
    """The text follows a pattern."""

    pattern: str
    example: str

    def see(self, reader: "Reader", value: str, at: Place) -> None:  # noqa: ARG002
        if not re.fullmatch(self.pattern, value):
            raise at.refuse(f"{value!r} is not of the form {self.example}")


Text = Annotated[str, Matches(r"(?s).*\S.*", "a text that is not empty")]
Plan = Callable[["Reader", yaml.Node, Place], object]


def no_map() -> Mapping[Any, Any]:
    """The empty mapping, as a default."""
    return MappingProxyType({})


class Reader:
    """Reads one file and remembers where everything stood."""

    def __init__(self) -> None:
        self.refs: list[tuple[str, str, Place]] = []
        self.conditions: list[tuple[Condition, Place]] = []
        self.places: dict[int, tuple[object, Place, dict[str, Place]]] = {}
        self._seen: set[int] = set()

    def read(self, schema: type[T], file: str, text: str) -> T:
        """The file as an instance of *schema*. Raises ``ReferenceError``."""
        root = _compose(file, text)
        value = _plan(typing.cast("Any", schema))(self, root, Place(file, 1, ""))
        self._seen.clear()
        return typing.cast("T", value)

    def made(self, thing: object, place: Place, fields: dict[str, Place]) -> None:
        """Remember where *thing* and its fields were written."""
        self.places[id(thing)] = (thing, place, fields)

    def once(self, node: yaml.Node, at: Place) -> None:
        """Refuse a node met a second time: an alias."""
        if id(node) in self._seen:
            raise at.refuse("aliases are not allowed, write it out")
        self._seen.add(id(node))


class Readers:
    """What several files left open, and where everything stood."""

    def __init__(self, readers: Iterable[Reader]) -> None:
        self.readers = tuple(readers)
        self._places = ChainMap(*(reader.places for reader in self.readers))

    def where(self, thing: object, name: str = "") -> Place:
        """Where *thing*, or its field *name*, was written."""
        _, place, fields = self._places[id(thing)]
        return fields.get(name) or place

    def settle(self, known: Mapping[str, frozenset[str]], names: Names) -> Iterator[str]:
        """Every id and condition that points to nothing."""
        for reader in self.readers:
            for kind, value, at in reader.refs:
                if value not in known[kind]:
                    yield f"{at}: unknown {kind.replace('_', ' ')} {value!r}"
            for condition, at in reader.conditions:
                for problem in problems(condition, names):
                    yield f"{at}: {problem}"


def _compose(file: str, text: str) -> yaml.Node:
    try:
        _refuse_deep(file, text)
        loader = LOADER(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise errors.ReferenceError(f"{file}:{line}: not valid YAML: {why}") from error
    except (UnicodeError, RecursionError) as error:
        raise errors.ReferenceError(f"{file}:1: not valid YAML: {error}") from error
    if node is None:
        raise errors.ReferenceError(f"{file}:1: the file is empty")
    return typing.cast(yaml.Node, node)


def _refuse_deep(file: str, text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise errors.ReferenceError(f"{file}:{line}: more than {DEEPEST} levels")


def _tag(node: yaml.Node) -> str:
    return str(node.tag).removeprefix(_TAG)


def _shown(node: yaml.Node) -> str:
    kinds = {"map": "a mapping", "seq": "a list", "null": "nothing", **_KINDS}
    return kinds.get(_tag(node), _tag(node))


@functools.cache
def _plan(hint: Any) -> Plan:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    by_origin: dict[Any, Callable[[], Plan]] = {
        Annotated: lambda: _annotated(_plan(args[0]), args[1:]),
        typing.Union: lambda: _union(args),
        types.UnionType: lambda: _union(args),
        Literal: lambda: _literal(args),
        tuple: lambda: _list(_plan(args[0])),
        Mapping: lambda: _map(_plan(args[0]), _plan(args[1])),
    }
    if origin in by_origin:
        return by_origin[origin]()
    if hint in {Condition, Duration}:
        return _condition if hint is Condition else _duration
    if dataclasses.is_dataclass(hint):
        return _record(typing.cast("type[Any]", hint))
    if hint not in {str, int, bool, float}:
        raise TypeError(f"no way to read {hint!r}")
    return _scalar(hint)


def _scalar(kind: type) -> Plan:
    name = kind.__name__

    def read(_: Reader, node: yaml.Node, at: Place) -> object:
        tag, value = _tag(node), node.value
        if tag != name and not (name == "float" and tag == "int"):
            hint = (
                "; put it in quotes"
                if name == "str" and isinstance(value, str) and tag != "null"
                else ""
            )
            raise at.refuse(f"expected {_KINDS[name]}, got {_shown(node)}{hint}")
        if name == "str":
            return value
        if name == "bool":
            if value not in {"true", "false"}:
                raise at.refuse(f"write true or false, not {value!r}")
            return value == "true"
        try:
            return kind(value)
        except ValueError:
            raise at.refuse(f"{value!r} is not {_KINDS[name]}") from None

    return read


def _literal(values: tuple[Any, ...]) -> Plan:
    def read(reader: Reader, node: yaml.Node, at: Place) -> object:
        value = _plan(typing.cast(Any, type(values[0])))(reader, node, at)
        if value not in values:
            raise at.refuse(f"{value!r} is none of {', '.join(map(str, values))}")
        return value

    return read


def _annotated(inner: Plan, marks: tuple[Mark, ...]) -> Plan:
    def read(reader: Reader, node: yaml.Node, at: Place) -> object:
        value = inner(reader, node, at)
        for mark in marks:
            mark.see(reader, typing.cast(str, value), at)
        return value

    return read


def _fits(hint: Any, node: yaml.Node) -> bool:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _fits(args[0], node)
    if origin is Literal:
        return _fits(type(args[0]), node)
    if isinstance(node, yaml.SequenceNode):
        return origin is tuple
    if isinstance(node, yaml.MappingNode):
        return origin is Mapping or dataclasses.is_dataclass(hint)
    return hint in {str, int, bool, float} and _tag(node) == hint.__name__


def _union(members: tuple[Any, ...]) -> Plan:
    real = [member for member in members if member is not type(None)]

    def read(reader: Reader, node: yaml.Node, at: Place) -> object:
        if _tag(node) == "null" and len(real) < len(members):
            return None
        member = next((m for m in real if _fits(m, node)), real[0])
        return _plan(member)(reader, node, at)

    return read


def _list(inner: Plan) -> Plan:
    def read(reader: Reader, node: yaml.Node, at: Place) -> object:
        if not isinstance(node, yaml.SequenceNode):
            raise at.refuse(f"expected a list, got {_shown(node)}")
        reader.once(node, at)
        values = []
        ids: set[object] = set()
        for index, child in enumerate(node.value):
            place = at.down(child, f"[{index}]")
            value = inner(reader, child, place)
            own = value if isinstance(value, str) else getattr(value, "id", None)
            if own is not None and own in ids:
                raise place.refuse(f"{own!r} stands twice in the list")
            ids.add(own)
            values.append(value)
        return tuple(values)

    return read


def _pairs(
    reader: Reader, node: yaml.Node, at: Place
) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise at.refuse(f"expected a mapping, got {_shown(node)}")
    reader.once(node, at)
    seen: set[str] = set()
    for name, child in node.value:
        place = at.down(name, str(name.value) if isinstance(name, yaml.ScalarNode) else "?")
        if _tag(name) != "str":
            raise place.refuse("a key must be text; put it in quotes")
        if name.value in seen:
            raise place.refuse("duplicate key")
        seen.add(name.value)
        yield name.value, name, child


def _map(keys: Plan, values: Plan) -> Plan:
    def read(reader: Reader, node: yaml.Node, at: Place) -> object:
        found: dict[object, object] = {}
        for name, key_node, child in _pairs(reader, node, at):
            place = at.down(key_node, name)
            found[keys(reader, key_node, place)] = values(reader, child, at.down(child, name))
        return MappingProxyType(found)

    return read


def _condition(reader: Reader, node: yaml.Node, at: Place) -> object:
    text = _plan(str)(reader, node, at)
    try:
        condition = parse(typing.cast(str, text))
    except ConditionError as error:
        raise at.refuse(str(error)) from error
    reader.conditions.append((condition, at))
    return condition


def _duration(reader: Reader, node: yaml.Node, at: Place) -> object:
    text = _plan(str)(reader, node, at)
    try:
        return Duration.parse(typing.cast(str, text))
    except ValueError as error:
        raise at.refuse(str(error)) from error


def _record(schema: type[Any]) -> Plan:
    hints = typing.get_type_hints(schema, include_extras=True)
    plans: dict[str, tuple[str, Plan]] = {}
    needed: list[str] = []
    for each in dataclasses.fields(schema):
        if not each.init:
            continue
        name = each.metadata.get("key", each.name)
        plans[name] = (each.name, _plan(hints[each.name]))
        if each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING:
            needed.append(name)

    def read(reader: Reader, node: yaml.Node, at: Place) -> object:
        values: dict[str, object] = {}
        places: dict[str, Place] = {}
        for name, key_node, child in _pairs(reader, node, at):
            if name not in plans:
                raise at.down(key_node, name).refuse("unknown field")
            attribute, plan = plans[name]
            places[attribute] = at.down(child, name)
            values[attribute] = plan(reader, child, places[attribute])
        missing = [name for name in needed if plans[name][0] not in values]
        if missing:
            raise at.refuse(f"missing field {', '.join(map(repr, missing))}")
        thing = schema(**values)
        reader.made(thing, at, places)
        return thing

    return read
