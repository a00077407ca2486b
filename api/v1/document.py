"""The page that explains the REST interface: drawn here from its own schema, with no script at all.

A viewer in JavaScript needs inline styles, which the policy of this site refuses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from csirt.accounts import tokens

VERBS = ("get", "post", "put", "patch", "delete")
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """What a value is: ``words`` and, when it has a name of its own on the page, ``name``."""

    words: str
    name: str = ""
    many: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """One parameter or property."""

    name: str
    shape: Shape
    needed: bool = False
    place: str = ""


@dataclass(frozen=True)
class Answer:
    """One status that an operation answers with."""

    status: str
    phrase: str
    shape: Shape | None


@dataclass(frozen=True)
class Operation:
    """One verb at one address."""

    verb: str
    path: str
    name: str
    text: str
    scope: str
    public: bool
    parameters: list[Field] = field(default_factory=list)
    body: Shape | None = None
    answers: list[Answer] = field(default_factory=list)


@dataclass(frozen=True)
class Thing:
    """A named object and its properties, or a named list of values."""

    name: str
    text: str
    fields: list[Field]
    values: tuple[str, ...]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show every operation and every object; public, as the schema is."""
    operations, things = _read()
    context = {"operations": operations, "things": things, "scopes": tokens.SCOPES}
    return render(request, "api/document.html", context)


@cache
def _read() -> tuple[list[Operation], list[Thing]]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    operations = [
        _operation(path, verb, at[verb])
        for path, at in schema["paths"].items()
        for verb in VERBS
        if verb in at
    ]
    return operations, [_thing(n, s) for n, s in schema["components"]["schemas"].items()]


def _operation(path: str, verb: str, told: Json) -> Operation:
    resource = path.removeprefix("/api/v1/").split("/")[0].replace("incidents", "cases")
    scope = f"{resource}:{'read' if verb == 'get' else 'write'}"
    body = told.get("requestBody", {}).get("content", {}).get("application/json")
    return Operation(
        verb=verb.upper(),
        path=path,
        name=told["operationId"],
        text=told.get("description", ""),
        scope=scope if scope in tokens.SCOPES else "",
        public=scope not in tokens.SCOPES,
        parameters=[
            Field(p["name"], _shape(p["schema"]), bool(p.get("required")), p["in"])
            for p in told.get("parameters", [])
        ],
        body=_shape(body["schema"]) if body else None,
        answers=[_answer(status, answer) for status, answer in told["responses"].items()],
    )


def _answer(status: str, told: Json) -> Answer:
    content: Json = next(iter(told.get("content", {}).values()), {})
    shape = _shape(content["schema"]) if content.get("schema") else None
    return Answer(status, HTTPStatus(int(status)).phrase, shape)


def _thing(name: str, told: Json) -> Thing:
    needed = set(told.get("required", ()))
    fields = [Field(n, _shape(p), n in needed) for n, p in told.get("properties", {}).items()]
    listed = told.get("description", "").startswith("* `")  # the values once more, with labels
    text = "" if listed else told.get("description", "")
    return Thing(name, text, fields, tuple(str(value) for value in told.get("enum", ())))


def _shape(told: Json) -> Shape:
    parts = list(_parts(told))
    named = next((part["$ref"].rpartition("/")[2] for part in parts if "$ref" in part), "")
    if told.get("type") == "array":
        inner = _shape(told.get("items", {}))
        return Shape(inner.words, inner.name, many=True, values=inner.values)
    kinds = [part["type"] for part in parts if "type" in part]
    flat = [kind for one in kinds for kind in (one if isinstance(one, list) else [one])]
    words = [told["format"]] if told.get("format") else [kind for kind in flat if kind != "null"]
    if "null" in flat:
        words.append("null")
    if "maxLength" in told:
        words.append(f"≤ {told['maxLength']}")
    return Shape(", ".join(words), named, values=tuple(str(v) for v in told.get("enum", ())))


def _parts(told: Json) -> Iterator[Json]:
    yield told
    for name in ("oneOf", "anyOf", "allOf"):
        for part in told.get(name, ()):
            yield from _parts(part)
