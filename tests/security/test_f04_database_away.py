"""F4: the database is killed, unreachable, full or locked: nothing is acknowledged, all comes back.

On PostgreSQL a server of this file's own, behind a relay; on SQLite a lock held by somebody else.
"""

import asyncio
import fcntl
import os
import signal
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import psycopg
import pytest
from django.db import connection

from csirt.kernel import codes
from tests.conftest import SERVICES
from tests.relay import Relay
from tests.reporters import Crowd, kept, last_page
from tests.server import Web, database_url
from tools.servers import Postgres

RETURNS_WITHIN = 5.0  # seconds
AWAY = int(os.environ.get("CSIRT_TEST_AWAY", "4"))  # seconds
NOT_RECEIVED = "n'a pas été reçu"
KEEP = "Gardez cette page"
TEXT = "Fichiers perdus, je ne veux pas le taper deux fois."

on_postgresql = pytest.mark.skipif(not SERVICES, reason="about PostgreSQL")
on_sqlite = pytest.mark.skipif(SERVICES, reason="about SQLite")


def refused(port, *, within):
    """Check what somebody who sends the form is told while the database is away."""
    crowd, token = Crowd(port), "0" * 32
    began = time.monotonic()
    status, page = asyncio.run(crowd.post(last_page(token, TEXT)))
    took = time.monotonic() - began
    text = page.replace("&#x27;", "'")

    assert status == 503, text
    assert NOT_RECEIVED in text
    assert KEEP in text
    assert TEXT in text, "what was typed is not given back"
    assert took < within


def comes_back(port):
    """Return how long it takes until a report is acknowledged, in seconds."""
    began = time.monotonic()
    asyncio.run(Crowd(port, text="Après la panne.").report())
    return time.monotonic() - began


def status_of(url):
    """Return what somebody with a session is answered."""
    try:
        request = Request(url, headers={"Cookie": f"sessionid={'a' * 32}"})
        with urlopen(request, timeout=30) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


# PostgreSQL


@dataclass
class Stand:
    """A desk of its own on a PostgreSQL of its own."""

    postgres: Postgres
    relay: Relay
    web: Web

    def restart(self):
        """Start the server again after a kill; its old children may still be ending."""
        deadline = time.monotonic() + 60
        while True:
            try:
                self.postgres.start()
            except RuntimeError:
                assert time.monotonic() < deadline, self.postgres.log()[-2000:]
                time.sleep(0.2)
            else:
                return

    @contextmanager
    def frozen(self):
        """Stop the server and each of its processes, as a machine that hangs would."""
        postmaster = self.postgres.pid
        os.kill(postmaster, signal.SIGSTOP)  # first: it starts no other meanwhile
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        stopped = [postmaster, *map(int, children)]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def filed(self):
        """Return the form tokens' digests of every report, once for each row."""
        with psycopg.connect(self.postgres.url) as own:
            return [row[0] for row in own.execute("select idempotency from incidents_report")]


def copied(url, postgres):
    """Copy the database at *url* to *postgres*, sooner than migrations would make it."""
    dump = subprocess.run(
        [postgres.programs / "pg_dump", "--no-owner", url], stdout=subprocess.PIPE, check=True
    )
    load = [postgres.programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", postgres.url]
    subprocess.run(load, input=dump.stdout, stdout=subprocess.DEVNULL, check=True)


@pytest.fixture(scope="module")
def stand(django_db_setup):
    with Postgres(max_connections=20) as postgres, Relay(postgres.port) as relay:
        copied(database_url(), postgres)
        where = urlsplit(postgres.url)
        url = where._replace(netloc=where.netloc.replace(str(postgres.port), str(relay.port)))
        with Web(CSIRT_DATABASE_URL=url.geturl()) as web:
            yield Stand(postgres, relay, web)


@on_postgresql
@pytest.mark.services
def test_postmaster_killed_while_people_file(stand):
    crowd = Crowd(stand.web.port, text=TEXT)

    async def through_it():
        filing = asyncio.create_task(crowd.file(60, at_once=8))
        while len(crowd.shown) < 15:  # noqa: ASYNC110 - it is only watched
            await asyncio.sleep(0.01)
        stand.postgres.kill()
        await asyncio.sleep(AWAY)
        await asyncio.to_thread(stand.restart)
        back = time.monotonic()
        await filing
        return back

    back = asyncio.run(through_it())
    filed = stand.filed()

    assert min(moment for moment in crowd.when.values() if moment > back) - back < RETURNS_WITHIN
    assert crowd.unexpected == []
    assert crowd.refused
    assert all(NOT_RECEIVED in page.replace("&#x27;", "'") for page in crowd.refused)
    assert len(crowd.shown) == 60
    assert len(filed) == len(set(filed)) == 60


@on_postgresql
@pytest.mark.services
@pytest.mark.parametrize("how", ["shut", "deafen"])
def test_port_blocked(stand, how):
    comes_back(stand.web.port)
    getattr(stand.relay, how)()
    try:
        refused(stand.web.port, within=10)
        time.sleep(AWAY)  # long enough for pauses between tries to have grown
    finally:
        stand.relay.open()

    assert comes_back(stand.web.port) < RETURNS_WITHIN


@on_postgresql
@pytest.mark.services
def test_frozen(stand):
    """Its kernel still acknowledges every packet, so the wait must have an end of its own."""
    comes_back(stand.web.port)
    with stand.frozen():
        refused(stand.web.port, within=12)
        assert status_of(f"{stand.web.url}/readyz") == 503
        assert status_of(f"{stand.web.url}/healthz") == 200

    assert comes_back(stand.web.port) < RETURNS_WITHIN


@on_postgresql
@pytest.mark.services
def test_who_is_logged_in_is_told_the_same(stand):
    stand.relay.shut()
    try:
        with ThreadPoolExecutor(3) as askers:
            paths = ("/console/", "/readyz", "/healthz")
            answers = list(askers.map(lambda path: status_of(stand.web.url + path), paths))
    finally:
        stand.relay.open()

    assert answers == [503, 503, 200]


@contextmanager
def every_connection_taken(url):
    """Hold as many connections as the server gives."""
    taken = []
    with suppress(psycopg.OperationalError):
        while True:
            taken.append(psycopg.connect(url))
    try:
        yield
    finally:
        for one in taken:
            one.close()


@on_postgresql
@pytest.mark.services
def test_too_many_connections(stand):
    stand.relay.shut()
    time.sleep(0.5)  # the server has noticed
    with every_connection_taken(stand.postgres.url):
        stand.relay.open()
        refused(stand.web.port, within=10)

    assert comes_back(stand.web.port) < RETURNS_WITHIN


# SQLite


@pytest.fixture
def hasty(transactional_db):
    """A web process that waits one second for a lock."""
    with Web(CSIRT_DATABASE_URL=f"{database_url()}?timeout=1") as web:
        yield web


@contextmanager
def writing():
    """Hold SQLite's write lock without queueing, as a shell or a backup would."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=20)) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def queueing():
    """Hold the first place in the queue of writers, as a frozen process of ours would."""
    with open(f"{connection.settings_dict['NAME']}-queue", "w") as first:  # noqa: PTH123
        fcntl.flock(first, fcntl.LOCK_EX)
        yield


@on_sqlite
@pytest.mark.parametrize("holding", [writing, queueing])
def test_locked_by_another_process(hasty, holding):
    crowd = Crowd(hasty.port, text=TEXT)

    tokens = [codes.new_token() for _ in range(12)]

    async def together():
        await asyncio.gather(*(crowd.once(token, last_page(token, TEXT)) for token in tokens))

    comes_back(hasty.port)
    with holding():
        refused(hasty.port, within=4)
        began = time.monotonic()
        asyncio.run(together())
        took = time.monotonic() - began
        assert len(crowd.refused) == 12
        assert took < 6, "waits add up"
    back = comes_back(hasty.port)

    assert back < RETURNS_WITHIN
    assert crowd.unexpected == []
    assert kept({}) == ([], 2, [])  # those of before and after, and nothing else
