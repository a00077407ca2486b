"""A desk's database is readable by whoever runs the desk, and by nobody else."""

import os
import stat

import pytest
from django.db import connection

from tests.conftest import SERVICES

pytestmark = pytest.mark.skipif(SERVICES, reason="about SQLite")


def test_a_new_database_is_its_owners_alone(tmp_path):
    path = tmp_path / "desk.sqlite3"
    before = os.umask(0o022)
    try:
        opened = connection.get_new_connection(
            connection.get_connection_params() | {"database": str(path)}
        )
        opened.execute("create table words (word text)")
        files = list(tmp_path.iterdir())
        modes = {stat.S_IMODE(file.stat().st_mode) for file in files}
        opened.close()
    finally:
        os.umask(before)

    assert path in files
    assert modes == {0o600}
