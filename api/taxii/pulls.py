"""Who read what, a row per token, collection and minute, and when a token was last used.

Written off the request, a second after the first read, because a withdrawal asks who had already
pulled. While the database is away the counts wait here.
"""

import asyncio
import contextlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import structlog
from django.db import DatabaseError, connection, connections, transaction

from api.models import Collection

log = structlog.get_logger()

PAUSE = 1.0  # seconds between the first read and its row
LONGEST_PAUSE = 30.0
_UUID = Collection._meta.get_field("uuid")

NOWHERE = UUID(int=0)  # stands for no collection: the token was used, for whatever
Key = tuple[int, UUID, datetime]  # token, collection, minute

# Only what still exists: a token or a collection may be gone by now.
_ADD = """
    INSERT INTO api_pull (token_id, collection_id, minute, count)
    SELECT t.id, c.id, %(minute)s, %(count)s FROM api_partnertoken t, api_collection c
     WHERE t.id = %(token)s AND c.uuid = %(collection)s
    ON CONFLICT (token_id, collection_id, minute)
    DO UPDATE SET count = api_pull.count + excluded.count
"""
_USED = """
    UPDATE api_partnertoken SET last_used_at = %(minute)s
     WHERE id = %(token)s AND (last_used_at IS NULL OR last_used_at < %(minute)s)
"""


class Pulls:
    """Counts in memory, and the task that writes them."""

    def __init__(self) -> None:
        self._counts: Counter[Key] = Counter()
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "taxii-pulls")
        self._task = asyncio.create_task(self._run(), name="taxii-pulls")

    def add(self, token: int, collection: UUID, now: datetime) -> None:
        """Note that *token* read *collection*."""
        self._counts[token, collection, now.replace(second=0, microsecond=0)] += 1
        self._wake.set()

    def used(self, token: int, now: datetime) -> None:
        """Note that *token* opened something, be it to write."""
        self.add(token, NOWHERE, now)

    async def stop(self) -> None:
        """Write what is left and end."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(DatabaseError):
            await self._flush()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self) -> None:
        pause = PAUSE
        while True:
            await self._wake.wait()
            await asyncio.sleep(pause)
            self._wake.clear()
            try:
                await self._flush()
                pause = PAUSE
            except Exception as error:  # noqa: BLE001 - the database may be away: keep counting
                log.warning("taxii.pulls_wait", error=type(error).__name__)
                self._wake.set()
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _flush(self) -> None:
        taken, self._counts = self._counts, Counter()
        if not taken:
            return
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, _write, taken)
        except BaseException:
            self._counts.update(taken)
            raise


def _write(counts: Counter[Key]) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for (token, collection, minute), count in sorted(counts.items()):
                row = {
                    "token": token,
                    "collection": _UUID.get_db_prep_value(collection, connection),
                    "count": count,
                    "minute": connection.ops.adapt_datetimefield_value(minute),
                }
                cursor.execute(_USED if collection == NOWHERE else _ADD, row)
    finally:
        connections.close_all()
