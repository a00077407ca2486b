"""Writing to one's own inbox: the body counted while it arrives, the change in a thread of its own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from api.sharing import receiving
from api.sharing.receiving import Received
from api.taxii.answers import Answer, Away, Refused, not_found
from api.taxii.gate import Collection
from api.taxii.query import ALL, Query
from csirt.accounts.principals import Machine
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound, Unavailable
from csirt.web.lifespan import Receive

T = TypeVar("T")
_thread = ThreadPoolExecutor(2, "taxii-inbox")


async def body(receive: Receive) -> bytes:
    """Return the body; raises ``Refused``: 413 past the limit, 408 when it takes too long."""
    try:
        async with asyncio.timeout(settings.BODY_SECONDS):
            return await _body(receive)
    except TimeoutError as error:
        raise Refused(408, "Too slow", headers=[(b"connection", b"close")]) from error


async def _body(receive: Receive) -> bytes:
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "Bad request", "The body did not come to its end.")
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > settings.BODY_LIMIT:
            headers = [(b"connection", b"close")]
            what = f"At most {settings.BODY_LIMIT} bytes at a time."
            raise Refused(413, "Too large", what, headers)
        if not message.get("more_body", False):
            return b"".join(pieces)


async def take(
    machine: Machine, one: Collection, objects: list[Received], failures: list[dict[str, str]]
) -> UUID:
    """Keep what was sent; returns the identifier of its status."""
    kept = await _changed(
        partial(
            receiving.receive,
            collection=one.uuid,
            objects=objects,
            failures=failures,
            by=machine,
            now=now(),
        )
    )
    return kept.uuid


async def remove(machine: Machine, one: Collection, stix_id: str, query: Query) -> Answer:
    """Section 5.7: every version unless the client says which; an empty body."""
    await _changed(
        partial(
            receiving.remove,
            collection=one.uuid,
            stix_id=stix_id,
            versions=query.filters.get("version", (ALL,)),
            by=machine,
            now=now(),
        )
    )
    return Answer(b"")


async def _changed(act: Callable[[], T]) -> T:
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(_thread, _closed, act)
    except NotFound as error:
        raise not_found() from error
    except receiving.Full as error:
        headers = [(b"retry-after", b"3600")]
        what = "Too many of your objects wait for an analyst."
        raise Refused(429, "Inbox full", what, headers) from error
    except (DatabaseError, InterfaceError, Unavailable) as error:
        raise Away from error


def _closed(act: Callable[[], T]) -> T:
    try:
        return act()
    finally:
        connections.close_all()
