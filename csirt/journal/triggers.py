"""Triggers that refuse to change history, and the head row; both made idempotently.

Altering a table on SQLite rebuilds it and drops its triggers in silence, so they are made again
after each migrate, and ``missing()`` is asked at every start.
"""

from django.db import connection

from csirt.journal import consumers
from csirt.journal.models import Checkpoint, Consumer, Event, Head

_TABLES = (Event._meta.db_table, Checkpoint._meta.db_table)
_WORDS = "the journal is append-only"


def _statements(vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [
            (
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
            )
            for table in _TABLES
            for verb in ("update", "delete")
        ]
    statements = [
        (
            "CREATE OR REPLACE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_WORDS}'; END $$"
        )
    ]
    for table in _TABLES:
        statements += [
            (
                f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION journal_refuse()"
            ),
            (
                f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()"
            ),
        ]
    return statements


def _expected(vendor: str) -> set[str]:
    verbs = ("update", "delete") if vendor == "sqlite" else ("change", "truncate")
    return {f"{table}_no_{verb}" for table in _TABLES for verb in verbs}


def prepare(**_: object) -> None:
    """Make the triggers, the head row and the consumers' rows (receiver of ``post_migrate``)."""
    if _TABLES[0] not in connection.introspection.table_names():
        return  # migrated back to nothing
    with connection.cursor() as cursor:
        for statement in _statements(connection.vendor):
            cursor.execute(statement)
    Head.objects.get_or_create(pk=1)
    for name in consumers.names():  # so that a worker that never ran is seen to be late
        Consumer.objects.get_or_create(name=name)


def missing() -> set[str]:
    """Return the names of the triggers that are not there; empty when history is guarded."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return _expected(connection.vendor) - {row[0] for row in cursor.fetchall()}
