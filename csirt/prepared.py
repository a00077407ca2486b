"""Questions whose SQL Django writes once: writing it takes longer than the engine takes to answer.

    @prepared
    def _notes() -> QuerySet[Note]:
        return Note.objects.filter(incident=Given("case")).order_by("pk")

    _notes()(case=case.pk)  # a list

The function's arguments are what the SQL depends on, and name what is kept; whatever differs from one
call to the next is a ``Given``. So the function reads no row, no hour and no language by itself.
PostgreSQL keeps its plan of the question too.
"""

from collections.abc import Callable
from copy import copy
from functools import lru_cache, partial
from typing import Any, Generic, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import BigIntegerField, Expression, Field, QuerySet

MOST = 200  # questions of one function that a process keeps
PLANNED = 50  # values of one that PostgreSQL keeps a plan of: a list has a plan for each length
Key = ParamSpec("Key")
Row = TypeVar("Row")


class Given(Expression):
    """A value that each call gives under *name*; with *count*, a list of so many, for ``__in``."""

    def __init__(
        self, name: str, field: Field[Any, Any] | None = None, *, count: int | None = None
    ) -> None:
        super().__init__(output_field=field or BigIntegerField())
        self.name, self.count = name, count

    def as_sql(self, *_compiler: Any, **_more: Any) -> tuple[str, list[Any]]:
        if self.count is None:
            return "%s", [partial(self._of, None)]
        if not self.count:
            return "NULL", []  # an empty list is no SQL; nothing is in this one
        return ", ".join(["%s"] * self.count), [partial(self._of, n) for n in range(self.count)]

    def _of(self, place: int | None, given: dict[str, Any], connection: Any) -> Any:
        value = given[self.name] if place is None else given[self.name][place]
        return self.output_field.get_db_prep_value(value, connection)


class Prepared(Generic[Row]):
    """What one queryset asks, ready for its values."""

    def __init__(self, rows: QuerySet[Any, Row]) -> None:
        self._iterable: Any = rows._iterable_class  # noqa: SLF001 - one of Django's three
        self._using = rows.db
        self._compiler: Any = rows.query.get_compiler(self._using)
        try:
            self._sql, self._params = self._compiler.as_sql()
        except EmptyResultSet:
            self._sql, self._params = "", ()
        self._compiler.connection = None  # it belongs to a thread

    def __call__(self, **given: Any) -> list[Row]:
        """Return the rows; with one query, or none where nothing could be found."""
        compiler, connection = copy(self._compiler), connections[self._using]
        params = tuple(one(given, connection) if callable(one) else one for one in self._params)
        compiler.connection, compiler.as_sql = connection, lambda: (self._sql, params)
        if connection.vendor == "postgresql" and len(params) <= PLANNED:
            compiler.connection = _Planned(connection)
        return list(self._iterable(_Asked(compiler, self._using)))


class _Planned:
    """Django's connection, but for the cursors that it gives."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> Any:
        from csirt.postgresql import PlannedCursor  # for who has one

        self._connection.ensure_connection()
        return self._connection._prepare_cursor(PlannedCursor(self._connection.connection))  # noqa: SLF001 - cursor() of it


class _Asked:
    """What Django's iterables ask of a queryset and of its query."""

    def __init__(self, compiler: Any, db: str) -> None:
        self.query, self.db, self._compiler = self, db, compiler
        self._known_related_objects: dict[Any, Any] = {}

    def get_compiler(self, using: str) -> Any:  # noqa: ARG002 - Django's name
        return self._compiler


def prepared(build: Callable[Key, QuerySet[Any, Row]]) -> Callable[Key, Prepared[Row]]:
    """Keep what *build* asks, for each of its arguments."""

    def kept(*args: Key.args, **more: Key.kwargs) -> Prepared[Row]:
        return Prepared(build(*args, **more))

    found: Any = lru_cache(maxsize=MOST)(kept)
    return found
