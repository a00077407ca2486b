"""``manage.py demo``: set up wherever its folder is, started once, begun afresh on both engines."""

import fcntl
import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from uuid import UUID

import psycopg
import pytest
from django.core.management import CommandError, call_command

from tests.conftest import SERVICES
from tools import machine
from tools.servers import Postgres, free_port


@pytest.fixture
def demo(tmp_path):
    """Run the command, in a folder outside of the checkout; return what it wrote and its code."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CSIRT_")}
    environment |= {"CSIRT_MODE": "demo", "CSIRT_VAR": str(tmp_path)}

    def run(*words, **more):
        command = [sys.executable, "manage.py", "demo", *words]
        done = subprocess.run(
            command,
            cwd=machine.ROOT,
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture
def place():
    """Where the demonstration keeps its rows: its own file, or a PostgreSQL of its own."""
    if not SERVICES:
        yield {}
        return
    with Postgres() as server:
        yield {"CSIRT_DATABASE_URL": server.url}


def counted(folder, place, rows):
    """Count the rows of a table, as SQL names them."""
    count = f"select count(*) from {rows}"
    if place:
        with psycopg.connect(place["CSIRT_DATABASE_URL"]) as line:
            return line.execute(count).fetchone()[0]
    with closing(sqlite3.connect(folder / "desk.sqlite3")) as line:
        return line.execute(count).fetchone()[0]


def shared(folder, place, collections):
    """Count the objects that these collections hold."""
    uuid = "replace(uuid::text, '-', '')" if place else "uuid"
    ids = ", ".join(f"'{UUID(one).hex}'" for one in collections)
    held = f"collection_id in (select id from api_collection where {uuid} in ({ids}))"
    objects = f"select stix_id from api_share where is_latest and {held} group by stix_id"
    return counted(folder, place, f"({objects}) as objects")


def test_it_is_filled_once_and_begun_afresh(demo, tmp_path, place):
    first, said = demo("--prepare", "--port", "8123", **place)
    access = json.loads((tmp_path / "access.json").read_text())
    again, silent = demo("--prepare", "--port", "8124", **place)
    kept = json.loads((tmp_path / "access.json").read_text())
    reset, anew = demo("--prepare", "--reset", "--port", "8125", **place)
    fresh = json.loads((tmp_path / "access.json").read_text())

    assert (first, again, reset) == (0, 0, 0), said + silent + anew
    assert "Filing the reports" in said
    assert "Filing the reports" not in silent
    assert "Filing the reports" in anew
    assert kept == access | {"url": "http://127.0.0.1:8124"}
    assert [person["role"] for person in access["analysts"]] == [
        "analyst",
        "lead",
        "admin",
        "reader",
        "operator",
        "partner",
    ]
    assert len(access["partners"]) == 2
    assert all(one["name"] and one["token"] and one["collections"] for one in access["partners"])
    assert len(access["victims"]) == 11
    assert counted(tmp_path, place, "incidents_followup where answered_at is not null") == 2
    assert counted(tmp_path, place, "playbooks_lesson") == 1
    assert counted(tmp_path, place, "playbooks_kitround where done_at is not null") == 2
    assert shared(tmp_path, place, fresh["partners"][0]["collections"]) >= 20
    assert fresh["victims"][0]["reference"] != access["victims"][0]["reference"]


@pytest.fixture
def folder(settings, tmp_path):
    """The folder of a demonstration that was started before."""
    settings.DEMO, settings.VAR = True, tmp_path
    (tmp_path / "access.json").write_text('{"url": "http://127.0.0.1:8123"}')
    return tmp_path


def test_a_second_one_elsewhere_is_told_where_the_first_runs(folder):
    with (folder / "running").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match=r"running already on http://127\.0\.0\.1:8123\."):
            call_command("demo", "--reset", "--port", str(free_port()))

    assert (folder / "access.json").exists()


def test_one_that_runs_is_not_begun_afresh_under_itself(folder):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        (folder / "access.json").write_text(f'{{"url": "http://127.0.0.1:{port}"}}')
        with pytest.raises(CommandError, match=r"End it \(Ctrl\+C\), then start afresh\."):
            call_command("demo", "--reset", "--port", str(port))


@pytest.mark.parametrize("port", ["0", "-1", "65536"])
def test_a_port_that_is_none_is_refused_in_one_line(folder, port):
    with pytest.raises(CommandError, match="is no port"):
        call_command("demo", f"--port={port}")
