"""Reading many rows as of one moment, without holding anybody's lock."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def consistent_read() -> Iterator[None]:
    """Everything read inside is of one moment; nothing may be written.

    PostgreSQL: REPEATABLE READ, READ ONLY. SQLite: ``BEGIN DEFERRED``, so that the writer is not
    held up. It is outermost: raises ``RuntimeError`` inside a transaction (the one that Django's
    TestCase opens is let through).
    """
    if connection.in_atomic_block:
        if not all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise RuntimeError("consistent_read() inside a transaction")
        yield
        return
    if connection.vendor == "postgresql":
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
