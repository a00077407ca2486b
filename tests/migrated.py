"""A migrated database, made once for each state of the migrations and copied for each worker.

Migrating takes five seconds of a processor; copying what was migrated takes none. The copy is then
migrated as any other, which finds nothing to do and makes what ``post_migrate`` makes.
"""

import fcntl
import hashlib
import os
import shutil
import time
from importlib.metadata import version
from pathlib import Path

from django.apps import apps

from tests.conftest import FOLDER, SERVICES

DAY = 86400  # seconds


def start_from_a_copy(connection):
    """Have the test database of *connection* begin as a copy of a migrated one."""
    name = template()
    with (FOLDER.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if SERVICES:
            _make_in_postgresql(connection, name)
        else:
            _make_in_file(connection, _file(name))


def template():
    """Name the migrated database of this state of the migrations, on a server of PostgreSQL."""
    return f"migrated_{_state()}"


def lay(path):
    """Put a migrated database of SQLite at *path*."""
    shutil.copyfile(_file(template()), path)


def _file(name):
    return FOLDER.parent / f"{name}.sqlite3"


def _make_in_file(connection, made):
    if not made.exists():
        for old in made.parent.glob("migrated_*"):
            if old.stat().st_mtime < time.time() - DAY:
                old.unlink()
        unfinished = FOLDER / "migrated.sqlite3"
        _migrate(connection, str(unfinished))
        unfinished.rename(made)
    create = connection.creation._create_test_db

    def copy(*args, **options):
        name = create(*args, **options)
        shutil.copyfile(made, name)
        return name

    connection.creation._create_test_db = copy


def _make_in_postgresql(connection, name):
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute("select 1 from pg_database where datname = %s", [name])
        known = cursor.fetchone()
        if not known:
            cursor.execute(f"drop database if exists {name}_unfinished")
    if not known:
        _migrate(connection, f"{name}_unfinished")
        with connection.creation._nodb_cursor() as cursor:
            cursor.execute(f"alter database {name}_unfinished rename to {name}")
    connection.settings_dict["TEST"]["TEMPLATE"] = name


def _migrate(connection, name):
    """Make the test database *name*, and leave it."""
    settings, test = connection.settings_dict, connection.settings_dict["TEST"]
    own, wanted = settings["NAME"], test["NAME"]
    test["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    if SERVICES:
        connection.close_pool()
    settings["NAME"], test["NAME"] = own, wanted


def _state():
    """Name the state of the migrations: those of every app, Django's version and the user's own."""
    digest = hashlib.sha256(f"{version('django')} {os.geteuid()}".encode())
    for app in apps.get_app_configs():
        for path in sorted(Path(app.path).glob("migrations/*.py")):
            digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
