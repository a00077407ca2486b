"""A limit on request bodies, counted while they arrive.

Django spools an unbounded body to disk before the view or any upload handler runs; here reading
stops at the limit, with or without a Content-Length.
"""

import asyncio
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any

from csirt.web.lifespan import App, Receive, Scope, Send

# How long, and how much, is still read and thrown away after a refusal: a browser that is cut while
# it sends shows a broken connection, never the page that says why.
LINGER = 3.0  # seconds
THROWN_AWAY = 32 * 1024 * 1024  # bytes
_PAGE = (
    "<!doctype html><html lang=fr><meta charset=utf-8><meta name=viewport "
    "content='width=device-width'><title>Trop long – Too long</title>"
    "<h1>C'est trop long</h1><p>Rien n'a été reçu. Revenez en arrière et envoyez moins de texte."
    "<p lang=en>Nothing was received. Go back and send less text."
)


class _Over(Exception):
    """The limit was passed, or the body took too long."""

    def __init__(self, status: int) -> None:
        self.status = status


class BodyLimit:
    """Answers 413 as soon as *limit* bytes are passed, and 408 to a body that takes *seconds*."""

    def __init__(self, app: App, limit: int, seconds: float) -> None:
        self.app, self.limit, self.seconds = app, limit, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            started = True
            await send(message)

        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.limit:
            await _refuse(receive, send, 413)
            return
        try:
            await self.app(scope, _counted(receive, self.limit, self.seconds), noted)
        except _Over as over:
            if not started:
                await _refuse(receive, send, over.status)


def _counted(receive: Receive, limit: int, seconds: float) -> Receive:
    """Wrap *receive* so that it raises when the body passes *limit* bytes or takes too long."""
    clock = asyncio.get_running_loop()
    deadline = clock.time() + seconds
    size, complete = 0, False

    async def counted() -> MutableMapping[str, Any]:
        nonlocal size, complete
        if complete:  # nothing is left but the disconnect
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, deadline - clock.time()))
        except TimeoutError as error:
            raise _Over(408) from error
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if size > limit:
                raise _Over(413)
        return message

    return counted


async def _refuse(receive: Receive, send: Send, status: int) -> None:
    body = _PAGE.encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with suppress(TimeoutError):
        await asyncio.wait_for(throw_away(receive), LINGER)
    await send({"type": "http.response.body", "body": b""})


async def throw_away(receive: Receive) -> None:
    """Read what is still sent, and keep none of it."""
    left = THROWN_AWAY
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body", False):
            return
