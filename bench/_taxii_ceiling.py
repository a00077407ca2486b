"""The least that serves the same pages: one statement, one constant credential, nothing else.

No rights, no filters, no headers, no counting, no errors: what TAXII costs beside it is its price.
asyncpg is used where it is installed, else psycopg; SQLite is read in the event loop.
"""

import os
import sqlite3
from urllib.parse import parse_qsl

URL, COLLECTION = os.environ["CSIRT_DATABASE_URL"], int(os.environ["BENCH_COLLECTION"])
CREDENTIAL = os.environ["BENCH_CREDENTIAL"].encode()
PAGE = (
    "select added_at, bytes from api_share"
    " where collection_id = {0} and added_at > {1} and is_latest order by added_at limit {2}"
)


async def _asyncpg():
    import asyncpg

    pool = await asyncpg.create_pool(URL, min_size=2, max_size=4)
    sql = PAGE.format("$1", "$2", "$3")

    async def page(after, limit):
        async with pool.acquire() as connection:
            rows = await connection.fetch(sql, COLLECTION, after, limit)
        return [row[0] for row in rows], ",".join([row[1] for row in rows[: limit - 1]]).encode()

    return page


async def _psycopg():
    from psycopg_pool import AsyncConnectionPool

    pool = AsyncConnectionPool(
        URL, min_size=2, max_size=4, open=False, kwargs={"autocommit": True, "prepare_threshold": 0}
    )
    await pool.open()
    sql = PAGE.format("%s", "%s", "%s")

    async def page(after, limit):
        async with pool.connection() as connection:
            result = (await connection.execute(sql, (COLLECTION, after, limit))).pgresult
        cell, rows = result.get_value, range(result.ntuples)
        added = [int(cell(row, 0)) for row in rows]
        return added, b",".join([cell(row, 1) for row in rows[: limit - 1]])

    return page


async def _sqlite():
    connection = sqlite3.connect(URL.removeprefix("sqlite:///"), check_same_thread=False)
    connection.text_factory = bytes
    sql = PAGE.format("?", "?", "?")

    async def page(after, limit):
        rows = connection.execute(sql, (COLLECTION, after, limit)).fetchall()
        return [row[0] for row in rows], b",".join([row[1] for row in rows[: limit - 1]])

    return page


async def _opened():
    if URL.startswith("sqlite"):
        return await _sqlite()
    try:
        return await _asyncpg()
    except ImportError:
        return await _psycopg()


_pages = []


async def app(scope, _receive, send):
    if scope["type"] == "lifespan":
        return
    if not _pages:
        _pages.append(await _opened())
    query = dict(parse_qsl(scope["query_string"].decode()))
    limit = int(query.get("limit", 1000))
    status, body = 401, b""
    if dict(scope["headers"]).get(b"authorization") == CREDENTIAL:
        added, text = await _pages[0](int(query.get("next", -1)), limit + 1)
        more = b'"more":true,"next":"%d",' % added[limit - 1] if len(added) > limit else b""
        status, body = 200, b"".join((b"{", more, b'"objects":[', text, b"]}"))
    headers = [
        (b"content-type", b"application/taxii+json;version=2.1"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
