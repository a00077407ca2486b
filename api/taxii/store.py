"""Reading the tables of sharing: one statement, two engines, text that is never decoded.

Columns come back as the bytes that the database holds: on a page of 1,000 objects this takes half
the time of building rows of strings. PostgreSQL is read through an asynchronous pool of our own,
SQLite by a few threads with read-only connections.
"""

import asyncio
import re
import sqlite3
import threading
from collections.abc import Awaitable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from api.taxii.answers import Away

Cell = bytes | int | None
Columns = list[list[Cell]]
Parameters = Mapping[str, Any]

PATIENCE = 15.0  # seconds for one statement; a frozen database answers nothing at all
READERS = 4
WAITING = 200  # requests that may wait for a connection

_PARAMETER = re.compile(r"%\((\w+)\)s")
_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    PoolClosed,
    PoolTimeout,
    TooManyRequests,
    sqlite3.OperationalError,
)


class Store(Protocol):
    """What the resources read from."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def columns(self, sql: str, parameters: Parameters) -> Columns:
        """Return each column of the answer; an empty answer has empty columns.

        *sql* names its parameters ``%(name)s``. A cell is text in UTF-8 or, on SQLite, a number:
        ``int()`` takes both. Raises ``Away``.
        """
        ...


def text_of(cell: Cell) -> str:
    """Read a cell that holds text."""
    assert isinstance(cell, bytes)
    return cell.decode()


def number_of(cell: Cell) -> int:
    """Read a cell that holds a whole number, written as either engine does."""
    assert cell is not None
    return int(cell)


def store_of(database: Mapping[str, Any]) -> Store:
    """Return the reader for Django's description of a *database*, not yet open."""
    return Postgres(database) if "postgresql" in database["ENGINE"] else Sqlite(database)


async def _patiently(reading: Awaitable[Columns]) -> Columns:
    """Wait for *reading*, but not for a server that is frozen: it would not hear a cancel either."""
    task = asyncio.ensure_future(reading)
    done, _ = await asyncio.wait({task}, timeout=PATIENCE)
    if not done:
        task.cancel()
        task.add_done_callback(lambda late: late.cancelled() or late.exception())
        raise Away
    try:
        return task.result()
    except _AWAY as error:
        raise Away from error


class Postgres:
    """A pool of connections that only read, opened whether or not the server is there."""

    def __init__(self, database: Mapping[str, Any]) -> None:
        options = {key: value for key, value in database["OPTIONS"].items() if key != "pool"}
        session = f"{options.pop('options', '')} -c default_transaction_read_only=on"
        conninfo = make_conninfo(
            host=database["HOST"],
            port=database["PORT"],
            user=database["USER"],
            password=database["PASSWORD"],
            dbname=database["NAME"],
            client_encoding="UTF8",
            options=session.strip(),
            **options,
        )
        self._pool = AsyncConnectionPool(
            conninfo,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=READERS,
            max_waiting=WAITING,
            timeout=3,
            max_idle=60,
            reconnect_timeout=5,  # its attempts grow rarer; the next request begins anew
            open=False,
            name="taxii",
        )

    async def open(self) -> None:
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(timeout=2)

    async def columns(self, sql: str, parameters: Parameters) -> Columns:
        return await _patiently(self._twice(sql, parameters))

    async def _twice(self, sql: str, parameters: Parameters) -> Columns:
        try:
            return await self._read(sql, parameters)
        except (PoolTimeout, PoolClosed, TooManyRequests):
            raise
        except psycopg.OperationalError:  # the server was restarted: these connections are dead
            await self._pool.check()
            return await self._read(sql, parameters)

    async def _read(self, sql: str, parameters: Parameters) -> Columns:
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute(sql, parameters)
            result = cursor.pgresult
            assert result is not None
            cell, rows = result.get_value, range(result.ntuples)
            return [[cell(row, column) for row in rows] for column in range(result.nfields)]


class Sqlite:
    """A few threads, each with a connection that cannot write."""

    def __init__(self, database: Mapping[str, Any]) -> None:
        self._address = f"file:{quote(str(database['NAME']))}?mode=ro"
        self._threads = ThreadPoolExecutor(READERS, "taxii")
        self._own = threading.local()

    async def open(self) -> None:
        """Nothing to do: each thread connects when it first reads."""

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def columns(self, sql: str, parameters: Parameters) -> Columns:
        loop = asyncio.get_running_loop()
        return await _patiently(loop.run_in_executor(self._threads, self._read, sql, parameters))

    def _read(self, sql: str, parameters: Parameters) -> Columns:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self._address, uri=True, timeout=5, isolation_level=None, check_same_thread=False
            )
            connection.text_factory = bytes
            self._own.connection = connection
        values = {
            name: value.hex if isinstance(value, UUID) else value
            for name, value in parameters.items()
        }
        try:
            cursor = connection.execute(_for_sqlite(sql), values)
            rows = cursor.fetchall()
        except sqlite3.OperationalError:
            self._own.connection = None  # the file may be another one by now
            raise
        if not rows:
            return [[] for _ in cursor.description]
        return [list(column) for column in zip(*rows, strict=True)]


@lru_cache(256)
def _for_sqlite(sql: str) -> str:
    return _PARAMETER.sub(r":\1", sql)
