"""A Django handler whose views read the body while it arrives.

Django's own spools the whole body to disk before a view or an upload handler runs: a file would lie
there in clear. Routes that take files are mounted with this one, beside the site.
"""

import asyncio
from collections.abc import Mapping, MutableMapping
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from django.core.handlers.asgi import ASGIHandler

from csirt.web.body import LINGER, throw_away
from csirt.web.lifespan import Receive, Scope, Send

SILENCE = 30.0  # seconds without a byte
GRACE = 60.0  # seconds before the pace counts
PACE = 4096  # bytes a second, on the average, below which a body is not waited for
_AT_ONCE = 64 * 1024  # bytes
LONGEST = 3600.0  # seconds that a body may take in all


class Gone(OSError):
    """The body did not come to its end: cut, or slower than anybody waits for."""


class Body:
    """A file object over ``receive``, for the view's thread; every read after a failure fails."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        self.length = int(length) if length.isdigit() else None
        self.loop, self.receive = asyncio.get_running_loop(), receive
        self.held = b""
        self.size = 0  # bytes that arrived
        self.complete = self.length is None and b"transfer-encoding" not in headers
        self.gone = False
        self.began = self.loop.time()

    def read(self, size: int = -1) -> bytes:
        """Return up to *size* bytes, none at the end; waits for them. Raises ``Gone``."""
        while not self.complete and (size < 0 or not self.held):
            self.held += self._next()
        if size < 0:
            size = len(self.held)
        taken, self.held = self.held[:size], self.held[size:]
        return taken

    def readline(self, size: int = -1) -> bytes:
        """Return some bytes: Django only asks for lines to read to the end."""
        return self.read(size if size > 0 else _AT_ONCE)

    def _next(self) -> bytes:
        if self.gone:
            raise Gone
        try:
            message = asyncio.run_coroutine_threadsafe(self._message(), self.loop).result()
        except (TimeoutError, CancelledError) as error:
            self.gone = True
            raise Gone from error
        if message["type"] == "http.disconnect":
            self.gone = True
            raise Gone
        piece: bytes = message.get("body", b"")
        self.size += len(piece)
        self.complete = not message.get("more_body", False) or self.size == self.length
        return piece

    async def _message(self) -> MutableMapping[str, Any]:
        until = self.began + min(GRACE + self.size / PACE, LONGEST)
        wait = min(SILENCE, until - self.loop.time())
        return await asyncio.wait_for(self.receive(), max(0.0, wait))

    def close(self) -> None:
        """Nothing is held on disk."""


class Streaming(ASGIHandler):
    """Gives each view a ``Body`` to read from."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body: Any = Body(scope, receive)
        await super().__call__(scope, body, _Patient(body, send))

    async def read_body(self, receive: Any) -> Any:
        """Return the body that ``__call__`` put in place of ``receive``."""
        return receive

    async def listen_for_disconnect(self, receive: Any) -> None:  # noqa: ARG002
        """Wait for ever: a ``Body`` alone asks the server for more."""
        await asyncio.Event().wait()


class _Patient:
    """Sends an answer; what the view left unread is thrown away for a moment, so that it is seen."""

    def __init__(self, body: Body, send: Send) -> None:
        self.body, self.send = body, send

    async def __call__(self, message: Mapping[str, Any]) -> None:
        unread = not (self.body.complete or self.body.gone)
        if unread and message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        if not unread or message["type"] == "http.response.start" or message.get("more_body"):
            await self.send(dict(message))
            return
        await self.send({**message, "more_body": True})
        with suppress(TimeoutError):
            await asyncio.wait_for(throw_away(self.body.receive), LINGER)
        self.body.gone = True
        await self.send({"type": "http.response.body", "body": b""})
