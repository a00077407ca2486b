"""A database of its own for each worker, and flushing where triggers refuse deletion."""

import re

import pytest
from django.conf import settings
from django.contrib.contenttypes.management import create_contenttypes
from django.core.cache import cache
from django.core.management.commands import flush
from django.db import OperationalError, connections
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models.signals import post_migrate
from pytest_django import fixtures

from tests.conftest import FOLDER, NAME, SERVICES

# N+1 queries fail the test that asks for the page. Added here: the product does not know zeal.
settings.INSTALLED_APPS += ["zeal"]
settings.MIDDLEWARE.insert(0, "zeal.middleware.zeal_middleware")
settings.ZEAL_ALLOWLIST = [
    {"model": "journal.Head", "field": "get()"},  # two changes, two locks
    {"model": "accounts.FailedAttempt", "field": "get()"},  # made by another in the same moment
]

REFUSES = re.compile(r"\braise\s*\(", re.IGNORECASE)
_sql_flush = flush.sql_flush


def _sql_flush_without_guards(style, connection, *args, **kwargs):
    """Lift, around the flush, the triggers that refuse TRUNCATE or DELETE."""
    statements = _sql_flush(style, connection, *args, **kwargs)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "select format('alter table %s %%s trigger %I', tgrelid::regclass, tgname)"
                " from pg_trigger where not tgisinternal and tgtype & 32 = 32"  # on TRUNCATE
            )
            guards = [template for (template,) in cursor.fetchall()]
            lift = [template % "disable" for template in guards]
            restore = [template % "enable" for template in guards]
        else:
            cursor.execute("select name, sql from sqlite_master where type = 'trigger'")
            guards = [row for row in cursor.fetchall() if REFUSES.search(row[1])]
            lift = [f"drop trigger {connection.ops.quote_name(name)}" for name, _ in guards]
            restore = [sql for _, sql in guards]
    return [*lift, *statements, *restore]


flush.sql_flush = _sql_flush_without_guards

_execute_sql_flush = BaseDatabaseOperations.execute_sql_flush


def _execute_again(operations, statements):
    """Try again where PostgreSQL found a deadlock: a running server was reading meanwhile."""
    for again in (True, True, False):
        try:
            return _execute_sql_flush(operations, statements)
        except OperationalError:
            if not again:
                raise
    return None


BaseDatabaseOperations.execute_sql_flush = _execute_again

# Also for tests that reach it through fixtures of a file's own, without a mark or "db".
fixtures._get_databases_for_setup = lambda _items: ({"default"}, set())


@pytest.fixture(scope="session")
def django_db_modify_db_settings():
    """SQLite in a file, as in production: in memory it has other locks.

    Nothing here uses Django's own permissions, so they are not written anew after each flush.
    """
    assert post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    assert post_migrate.disconnect(create_contenttypes)
    name = f"test_{NAME}" if SERVICES else str(FOLDER / "test.sqlite3")
    for connection in connections.all():
        connection.settings_dict["TEST"]["NAME"] = name


@pytest.fixture(autouse=True)
def _cache_forgotten(request):
    """Empty the cache after each test that may have filled it: limits are counted there."""
    yield
    wrote = "transactional_db" in request.fixturenames
    if wrote or (SERVICES and "db" in request.fixturenames):
        with request.getfixturevalue("django_db_blocker").unblock():
            cache.clear()
