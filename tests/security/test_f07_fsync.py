"""F7: an acknowledgement follows a sync to the disk, seen from the kernel; weaker settings refuse.

That weaker settings keep the desk from starting: ``tests/management/test_startup.py``.
"""

import asyncio
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import FOLDER, REQUIRE_ALL
from tests.reporters import Crowd
from tests.server import Web
from tools import machine
from tools.servers import end

REPORTS = 12
SYNC = re.compile(r"\b(?:fdatasync|fsync)\(\d+<(?P<file>[^>]*)>(?:\) += 0| <unfinished)")
DONE = re.compile(r"<\.\.\. (?:fdatasync|fsync) resumed>\) += 0")
ANSWER = re.compile(r'\b(?:send|sendto|write)\(\d+<[^>]*>, "HTTP/1\.1 200 ')
TOLD = re.compile(r"strace: Process \d+ attached")


@pytest.fixture
def web(transactional_db):
    with Web() as web:
        yield web


def who_syncs(web):
    """Return the processes that answer and that write: the web, and all of PostgreSQL's.

    Any connection of the server may sync what another one commits; new ones are born of the first.
    """
    if connection.vendor == "sqlite":
        return [web.pid]
    with connection.cursor() as cursor:
        cursor.execute("select pid from pg_stat_activity")
        pids = [pid for (pid,) in cursor.fetchall()]
    stat = Path(f"/proc/{pids[0]}/stat").read_text()
    parent = int(stat.rpartition(")")[2].split()[1])
    return [web.pid, parent, *pids]


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
    acknowledged, synced, begun = 0, set(), {}
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        pid = line.split()[0]
        if found := SYNC.search(line):
            begun[pid] = found["file"]
        if (found and "unfinished" not in line) or DONE.search(line):
            synced.add(begun[pid])
        elif ANSWER.search(line):
            assert any("-wal" in name or "pg_wal" in name for name in synced), line
            acknowledged += 1
            synced.clear()

    assert acknowledged == REPORTS
