"""Django's SQLite backend with a queue of writers (see the package's docstring)."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from csirt.sqlite import turns

_AT_LEAST = 0.05  # seconds that BEGIN may wait for somebody who does not queue


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes a turn with ``<database>-queue`` around each ``BEGIN IMMEDIATE``.

    ``OPTIONS["timeout"]`` bounds the whole wait, in seconds: in the queue, and then for a program
    that writes without queueing. Beyond it ``OperationalError`` is raised.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: int | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; a new database is its owner's alone, and so are the files that SQLite adds.

        One that exists is never opened here: closing it would drop the locks that SQLite holds on
        it in this process (sqlite.org/howtocorrupt.html, 2.2).
        """
        if not self.is_in_memory_db():
            with suppress(OSError):  # it exists, or SQLite says what is wrong with the place
                os.close(
                    os.open(conn_params["database"], os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                )
        return super().get_new_connection(conn_params)

    def _start_transaction_under_autocommit(self) -> None:
        if self.is_in_memory_db():
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
            return
        patience = float(self.settings_dict["OPTIONS"].get("timeout", 5))
        asked = time.monotonic()
        self._turn = turns.take(Path(f"{self.settings_dict['NAME']}-queue"), patience)
        if self._turn is None:
            raise OperationalError("database is locked")
        try:
            self._wait_at_most(max(_AT_LEAST, patience - (time.monotonic() - asked)))
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave_queue()
            raise
        finally:
            self._wait_at_most(patience)

    def _wait_at_most(self, seconds: float) -> None:
        """Have SQLite's own busy handler give up after *seconds*."""
        self.connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def _leave_queue(self) -> None:
        if self._turn is not None:
            os.close(self._turn)
            self._turn = None

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._leave_queue()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave_queue()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._leave_queue()
