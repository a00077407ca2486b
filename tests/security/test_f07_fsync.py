"""F7: an acknowledgement follows a sync to the disk, seen from the kernel; weaker settings refuse.

That weaker settings keep the desk from starting: ``tests/management/test_startup.py``.
"""

import asyncio
import re
import subprocess
import time
from contextlib import contextmanager

import pytest
from django.db import connection

from tests.conftest import FOLDER, REQUIRE_ALL, SERVICES
from tests.reporters import Crowd
from tests.server import Web, database_url
from tools import machine
from tools.services import end

REPORTS = 12
SYNC = re.compile(r"\b(?:fdatasync|fsync)\(\d+<(?P<file>[^>]*)>\) += 0")
ANSWER = re.compile(r'\b(?:send|sendto|write)\(\d+<[^>]*>, "HTTP/1\.1 200 ')
TOLD = re.compile(r"strace: Process \d+ attached")


@pytest.fixture
def web(transactional_db):
    """A web process with two database connections, neither more nor less, so that all are watched."""
    url = database_url() + ("?min_size=2&max_size=2" if SERVICES else "")
    with Web(CSIRT_DATABASE_URL=url) as web:
        yield web


def who_syncs(web):
    """Return the processes that answer and that write: the web, and PostgreSQL's for its connections."""
    if connection.vendor == "sqlite":
        return [web.pid]
    with connection.cursor() as cursor:
        cursor.execute(
            "select pid from pg_stat_activity where pid <> pg_backend_pid()"
            " and datname = current_database() or backend_type = 'walwriter'"
        )
        return [web.pid, *(pid for (pid,) in cursor.fetchall())]


@contextmanager
def traced(*pids):
    """Write down the syncs and the answers of these processes while this lasts; give the file."""
    if machine.strace() is None:
        reason = "strace is not installed (apt-get install strace)"
        pytest.fail(reason) if REQUIRE_ALL else pytest.skip(reason)
    calls = "trace=fsync,fdatasync,sendto,write"
    trace, words = FOLDER / "strace.txt", [f"--attach={pid}" for pid in pids]
    command = ["strace", "-f", "-y", "-s", "16", "-e", calls, "-e", "signal=none"]
    process = subprocess.Popen(
        [*command, "-o", trace, *words], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    first = process.stderr.readline().decode()
    try:
        if not TOLD.search(first):
            reason = f"this machine lets no process be traced: {first.strip()}"
            pytest.fail(reason) if REQUIRE_ALL else pytest.skip(reason)
        time.sleep(0.5)  # the other threads are attached to next
        yield trace
    finally:
        end(process)
        process.stderr.close()


def test_each_acknowledgement_follows_a_sync(web):
    crowd = Crowd(web.port, text="Un signalement.")
    asyncio.run(crowd.report())
    with traced(*who_syncs(web)) as trace:
        asyncio.run(crowd.file(REPORTS, at_once=1))
        time.sleep(0.2)
    acknowledged, synced = 0, set()
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        if found := SYNC.search(line):
            synced.add(found["file"])
        elif ANSWER.search(line):
            assert any("-wal" in name or "pg_wal" in name for name in synced), line
            acknowledged += 1
            synced.clear()

    assert acknowledged == REPORTS
