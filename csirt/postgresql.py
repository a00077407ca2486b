"""A connection to PostgreSQL that does not wait for ever, and a cursor whose questions are planned once.

The kernel of a server that is frozen goes on acknowledging what it is sent, so no time-out of TCP
ends the wait: somebody who sends a report would look at a page that never comes.
"""

from typing import Any, ClassVar, Self

import psycopg
from psycopg.abc import RV, PQGen

_ASKED = psycopg.pq.TransactionStatus.ACTIVE  # a question is out, and its answer is not here


class Connection(psycopg.Connection[Any]):
    """Gives up after ``longest`` seconds without an answer; None, as in the worker, waits for it.

    A connection that gave up is closed: what the server says later would answer another question.
    """

    longest: ClassVar[float | None] = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Return what *gen* gives; raises ``psycopg.OperationalError`` when it takes too long."""
        try:
            return super().wait(gen, interval, self.longest if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == _ASKED:
                self.pgconn.finish()
            raise


class PlannedCursor(psycopg.Cursor[Any]):
    """The server keeps the plan of each question, and gets the values apart from it."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> Self:
        """Ask; raises ``psycopg.OperationalError`` where a migration changed what a kept plan gives.

        The connection is closed, and the next one plans anew.
        """
        self.connection.prepare_threshold = 1
        try:
            return super().execute(query, params, **more)
        except (
            psycopg.errors.FeatureNotSupported,
            psycopg.errors.InvalidSqlStatementName,
        ) as error:
            self.connection.pgconn.finish()
            raise psycopg.OperationalError("the plan is older than the tables") from error
        finally:
            self.connection.prepare_threshold = (
                None  # else what others ask is kept too, to count it
            )

    def _get_prepared(self, pgq: Any, prepare: bool | None = None) -> Any:  # noqa: ARG002 - psycopg's
        self._query = pgq  # what Django logs
        return super()._get_prepared(pgq, prepare=True)
