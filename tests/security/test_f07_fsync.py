"""F7: an acknowledgement follows a sync to the disk, seen from the kernel; weaker settings refuse.

That weaker settings keep the desk from starting: ``tests/management/test_startup.py``.
"""

import asyncio
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import FOLDER, REQUIRE_ALL
from tests.reporters import Crowd
from tests.server import Web, database_url
from tools import machine
from tools.servers import end

REPORTS = 12
SYNC = re.compile(r"\b(?:fdatasync|fsync)\(\d+<(?P<file>[^>]*)>(?:\) += 0| <unfinished)")
DONE = re.compile(r"<\.\.\. (?:fdatasync|fsync) resumed>\) += 0")
WRITE = re.compile(r"\bpwrite64\(\d+<(?P<file>[^>]*)>")
ANSWER = re.compile(r'\b(?:send|sendto|write)\(\d+<[^>]*>, "HTTP/1\.1 200 ')
TOLD = re.compile(r"strace: Process \d+ attached")


@pytest.fixture
def web(transactional_db):
    with Web() as web:
        yield web


def who_syncs(web):
    """Return the processes that answer and that write: the web, and PostgreSQL's connections.

    Any connection may sync what another one commits; new ones are born of the first process. The
    server's own writers are left out: they sync from time to time whatever an answer waits for.
    """
    if connection.vendor == "sqlite":
        return [web.pid]
    with connection.cursor() as cursor:
        cursor.execute("select pid from pg_stat_activity where backend_type = 'client backend'")
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
    calls = "trace=fsync,fdatasync,pwrite64,sendto,write"
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


def is_log(file):
    return "-wal" in file or "pg_wal" in file


def durable(trace):
    """Tell for each answer whether the log was synced for it, and nothing of it came after that.

    So every commit before an answer counts, not any sync of the moment.
    """
    answers, begun, synced, unsynced = [], {}, False, False
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        pid = line.split()[0]
        if found := SYNC.search(line):
            begun[pid] = found["file"]
        if (found and "unfinished" not in line) or DONE.search(line):
            if is_log(begun[pid]):
                synced, unsynced = True, False
        elif (found := WRITE.search(line)) and is_log(found["file"]):
            unsynced = True
        elif ANSWER.search(line):
            answers.append(synced and not unsynced)
            synced = False
    return answers


def test_each_acknowledgement_follows_a_sync(web):
    crowd = Crowd(web.port, text="Un signalement.")
    asyncio.run(crowd.report())
    with traced(*who_syncs(web)) as trace:
        asyncio.run(crowd.file(REPORTS, at_once=1))
        time.sleep(0.2)

    assert durable(trace) == [True] * REPORTS


ON_SQLITE = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("pragma journal_mode=wal")
db.execute("create table note (n int)")
print(os.getpid(), flush=True)
sys.stdin.readline()
for how in ("full", "off"):
    db.execute(f"pragma synchronous={how}")
    for _ in range(3):
        db.execute("insert into note values (1)")
        os.write(2, b"HTTP/1.1 200 OK")
"""
ON_POSTGRESQL = """
import os, psycopg, sys
db = psycopg.connect(sys.argv[1], autocommit=True)
print(db.info.backend_pid, flush=True)
sys.stdin.readline()
for how in ("on", "off"):
    db.execute(f"set synchronous_commit = {how}")
    for _ in range(3):
        db.execute("select pg_logical_emit_message(true, 'f7', 'written')")
        os.write(2, b"HTTP/1.1 200 OK")
"""


def test_a_weaker_setting_is_seen_in_such_a_trace(transactional_db, tmp_path):
    """The same trace of a small program, whose first three answers wait for the disk."""
    program, where = ON_SQLITE, str(tmp_path / "notes.sqlite3")
    if connection.vendor == "postgresql":
        program, where = ON_POSTGRESQL, database_url()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", program, where], **pipes) as process:
        writer = int(process.stdout.readline())
        with traced(*{process.pid, writer}) as trace:
            process.communicate(b"go\n")

    assert durable(trace) == [True] * 3 + [False] * 3
