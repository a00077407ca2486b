"""A database of its own for each worker, and flushing where triggers refuse deletion."""

import math
import re
import time

import pytest
from django.conf import settings
from django.contrib.contenttypes.management import create_contenttypes
from django.core.cache import cache
from django.core.management.commands import flush
from django.db import IntegrityError, OperationalError, connections
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models.signals import post_migrate
from pytest_django import fixtures

from tests.conftest import FOLDER, NAME, SERVICES
from tests.migrated import start_from_a_copy

# N+1 queries fail the test that asks for the page, in one profile: they are the same in both. Added
# here: the product does not know zeal.
if not SERVICES:
    settings.INSTALLED_APPS += ["zeal"]
    settings.MIDDLEWARE.insert(0, "zeal.middleware.zeal_middleware")
    settings.ZEAL_ALLOWLIST = [
        {"model": "journal.Head", "field": "get()"},  # two changes, two locks
        {"model": "accounts.FailedAttempt", "field": "get()"},  # made by another in the same moment
    ]

REFUSES = re.compile(r"\braise\s*\(", re.IGNORECASE)


def _sql_flush(style, connection, *_args, **_kwargs):
    """Empty the tables that hold something: truncating seventy that do not takes longer than a test.

    Around it the triggers that refuse DELETE are lifted.
    """
    name = connection.ops.quote_name
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    asked = " union all ".join(
        f"select '{table}' where exists (select 1 from {name(table)})" for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        full = [table for (table,) in cursor.fetchall()]
        if connection.vendor == "postgresql":
            cursor.execute(
                "select relname, tgname from pg_trigger join pg_class on pg_class.oid = tgrelid"
                " where not tgisinternal and tgtype & 8 = 8"  # on DELETE
            )
            guards = [(table, guard) for table, guard in cursor.fetchall() if table in full]
            order = "alter table {} {} trigger {}".format
            lift = [order(name(table), "disable", name(guard)) for table, guard in guards]
            restore = [order(name(table), "enable", name(guard)) for table, guard in guards]
            settle = [
                "set constraints all immediate"
            ]  # a table that waits for its checks is not altered
        else:
            cursor.execute("select name, sql, tbl_name from sqlite_master where type = 'trigger'")
            guards = [row for row in cursor if REFUSES.search(row[1]) and row[2] in full]
            lift = [f"drop trigger {name(guard)}" for guard, _sql, _table in guards]
            restore = [sql for _guard, sql, _table in guards]
            settle = []
    return [*lift, *(f"delete from {name(table)}" for table in full), *settle, *restore]


flush.sql_flush = _sql_flush

_execute_sql_flush = BaseDatabaseOperations.execute_sql_flush


def _execute_again(operations, statements):
    """Try again where PostgreSQL found a deadlock, or a row of what was just emptied.

    A running server was reading, or wrote down that a session is used, meanwhile.
    """
    for pause in (0.1, 0.5, 2):  # seconds
        try:
            return _execute_sql_flush(operations, statements)
        except (OperationalError, IntegrityError):
            time.sleep(pause)
    return _execute_sql_flush(operations, statements)


BaseDatabaseOperations.execute_sql_flush = _execute_again

# Also for tests that reach it through fixtures of a file's own, without a mark or "db".
fixtures._get_databases_for_setup = lambda _items: ({"default"}, set())


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_blocker):
    """SQLite in a file, as in production: in memory it has other locks.

    Nothing here uses Django's own permissions, so they are not written anew after each flush.
    """
    assert post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    assert post_migrate.disconnect(create_contenttypes)
    name = f"test_{NAME}" if SERVICES else str(FOLDER / "test.sqlite3")
    for connection in connections.all():
        connection.settings_dict["TEST"]["NAME"] = name
        with django_db_blocker.unblock():
            start_from_a_copy(connection)


@pytest.fixture(autouse=True)
def _as_shipped(monkeypatch):
    """No test asks the database what admins set, until one has set something."""
    from csirt.directory.desk import values  # models are not loaded yet at import

    monkeypatch.setattr(values, "_held", values._Held(values.Known(), math.inf))


@pytest.fixture(autouse=True)
def _cache_forgotten(request):
    """Empty the cache after each test that may have filled it: limits are counted there."""
    yield
    wrote = "transactional_db" in request.fixturenames
    if wrote or (SERVICES and "db" in request.fixturenames):
        with request.getfixturevalue("django_db_blocker").unblock():
            cache.clear()
