"""While the database is away the answer is 503 in TAXII's media type; then all is as before."""

import os
import signal
import sqlite3
import time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest
from django.db import connections

from api.sharing.tokens import new_token
from api.taxii import store as stores
from api.taxii.answers import Away
from api.taxii.asgi import Taxii
from api.taxii.store import store_of
from csirt import environment
from tests.taxii.shelf import MEDIA
from tools.servers import Postgres, free_port

ONE = ("SELECT 1 AS a, %(text)s AS b", {"text": "é"})


@pytest.fixture
def postgres():
    with Postgres() as service:
        yield service


@asynccontextmanager
async def opened(url):
    store = store_of(environment.database(url))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@contextmanager
def frozen(service):
    """Stop the server and each of its processes, as a machine that hangs would."""
    children = Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text(encoding="ascii")
    processes = [service.pid, *map(int, children.split())]
    try:
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)


async def read(store):
    (one,), (text,) = await store.columns(*ONE)
    return stores.number_of(one), stores.text_of(text)


@pytest.mark.services
async def test_a_restarted_postgresql_is_noticed_by_no_request(postgres):
    async with opened(postgres.url) as store:
        assert await read(store) == (1, "é")

        postgres.kill()
        postgres.start()

        assert await read(store) == (1, "é")


@pytest.mark.services
async def test_a_stopped_postgresql_is_away_until_it_is_back(postgres):
    async with opened(postgres.url) as store:
        await read(store)
        postgres.kill()
        with pytest.raises(Away):
            await read(store)

        postgres.start()

        deadline = time.monotonic() + 20
        while True:
            try:
                assert await read(store) == (1, "é")
                break
            except Away:
                assert time.monotonic() < deadline


@pytest.mark.services
async def test_a_frozen_postgresql_holds_nobody_for_ever(postgres, monkeypatch):
    monkeypatch.setattr(stores, "PATIENCE", 1.0)
    async with opened(postgres.url) as store:
        await read(store)
        with frozen(postgres):
            before = time.monotonic()
            with pytest.raises(Away):
                await read(store)
            assert time.monotonic() - before < 5

        assert await read(store) == (1, "é")


@pytest.mark.services
async def test_what_reads_cannot_write(postgres):
    async with opened(postgres.url) as store:
        with pytest.raises(Exception, match="read-only"):
            await store.columns("CREATE TABLE t (a int)", {})


async def test_a_sqlite_file_that_is_not_there_is_away_until_it_is(tmp_path):
    path = tmp_path / "été 100%.sqlite3"
    async with opened(f"sqlite:///{path}") as store:
        with pytest.raises(Away):
            await read(store)
        assert not path.exists()

        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE t (a int)")

        assert await read(store) == (1, "é")
        with pytest.raises(Away):
            await store.columns("INSERT INTO t VALUES (1)", {})


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
async def test_the_answer_is_503_and_when_to_come_back(monkeypatch, tmp_path, engine):
    url = f"postgresql://desk:x@127.0.0.1:{free_port()}/desk"
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path}/absent.sqlite3"
    monkeypatch.setitem(connections.settings, "default", environment.database(url))
    app, text = Taxii(), new_token()[0]
    await app.startup()
    try:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answer = await client.get("/taxii2/", headers={"Authorization": f"Bearer {text}"})
    finally:
        await app.shutdown()

    assert answer.status_code == 503
    assert answer.headers["content-type"] == MEDIA
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["title"]


async def test_what_fails_is_500_with_a_number_and_no_word_of_why():
    class Broken:
        async def columns(self, *_):
            raise KeyError("secret")

    app = Taxii()
    app._store, app._pulls = Broken(), object()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
    ) as client:
        header = {"Authorization": f"Bearer {new_token()[0]}"}
        answer = await client.get("/taxii2/", headers=header)

    assert answer.status_code == 500
    assert answer.headers["content-type"] == MEDIA
    assert set(answer.json()) == {"title", "error_id", "http_status"}
    assert "secret" not in answer.text
