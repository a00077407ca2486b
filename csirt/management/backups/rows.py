"""Rows as lines of JSON, the same for both engines: read, digested, put back."""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import connection, models

# Of no use after a restore, or of harm: sessions end, limits start afresh, links to copies are over.
LEFT_OUT = frozenset(
    {
        "accounts.session", "sessions.session", "web.bucket", "incidents.download",
        "incidents.pack", "contenttypes.contenttype", "auth.permission", "auth.group",
        "auth.group_permissions",
    }
)  # fmt: skip
AT_ONCE = 1000  # rows of one statement


def tables(apps: Apps) -> list[type[models.Model]]:
    """Return the models whose rows are kept, by their names."""
    found = apps.get_models(include_auto_created=True)
    kept = [model for model in found if model._meta.managed and not model._meta.proxy]
    return sorted(
        (model for model in kept if model._meta.label_lower not in LEFT_OUT),
        key=lambda model: model._meta.label_lower,
    )


def columns(model: type[models.Model]) -> list[str]:
    """Return the names of the model's columns."""
    return [field.column for field in model._meta.local_concrete_fields]


def _fields(model: type[models.Model], wanted: list[str]) -> list[models.Field[Any, Any]]:
    """Return the fields of these columns, in their order; raises ``KeyError`` for an unknown one.

    The model of another release may have them in another order.
    """
    by_column = {field.column: field for field in model._meta.local_concrete_fields}
    return [by_column[column] for column in wanted]


def lines(model: type[models.Model], wanted: list[str]) -> Iterator[bytes]:
    """Yield each row as one line of these columns, in the order of the primary key."""
    names = [field.attname for field in _fields(model, wanted)]
    rows = model._base_manager.order_by("pk").values_list(*names)
    encode = json.JSONEncoder(
        ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain
    ).encode
    for row in rows.iterator(chunk_size=AT_ONCE):
        yield encode(row).encode() + b"\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return b64encode(bytes(value)).decode()
    raise TypeError(f"no line holds a {type(value).__name__}")


class Digest:
    """How many lines went by, and the SHA-256 of all."""

    def __init__(self) -> None:
        self.rows, self._hash = 0, hashlib.sha256()

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._hash.update(line)

    def told(self) -> dict[str, Any]:
        return {"rows": self.rows, "sha256": self._hash.hexdigest()}


def digest(model: type[models.Model], wanted: list[str]) -> dict[str, Any]:
    """Return the digest of the table as it stands."""
    made = Digest()
    for line in lines(model, wanted):
        made.add(line)
    return made.told()


def insert(model: type[models.Model], wanted: list[str], found: Iterable[bytes]) -> None:
    """Put lines back as rows, keys and all; nothing of the model's own code runs."""
    fields = _fields(model, wanted)
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608
    readers = [_reader(field) for field in fields]
    rows = (
        [read(value) for read, value in zip(readers, json.loads(line), strict=True)]
        for line in found
    )
    with connection.cursor() as cursor:
        while batch := list(islice(rows, AT_ONCE)):
            cursor.executemany(statement, batch)


def _reader(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """Return what turns a value of a line into what the engine takes."""
    while isinstance(field, models.ForeignKey):  # the key of a key
        field = field.target_field
    if isinstance(field, models.BinaryField):
        return lambda value: None if value is None else b64decode(value)
    if isinstance(field, models.JSONField | models.DateTimeField | models.DateField):
        return lambda value: field.get_db_prep_save(field.to_python(value), connection)
    if isinstance(field, models.UUIDField | models.DecimalField | models.TimeField):
        return lambda value: field.get_db_prep_save(field.to_python(value), connection)
    return lambda value: value


def empty(models_: Iterable[type[models.Model]]) -> None:
    """Delete what a first migration put into a new database."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in models_:
            cursor.execute(f"DELETE FROM {quote(model._meta.db_table)}")  # noqa: S608


def go_on_counting(models_: list[type[models.Model]]) -> None:
    """Have the next row of each table get the number after the highest (PostgreSQL)."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models_):
            cursor.execute(statement)
