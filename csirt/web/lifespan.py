"""ASGI lifespan: Django answers none, so it is taken before the router."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Step = Callable[[], Awaitable[object]]


class Lifespan:
    """Runs *start* when the server starts and *stop* when it ends; passes all else on."""

    def __init__(self, app: App, *, start: Sequence[Step], stop: Sequence[Step]) -> None:
        self.app, self.start, self.stop = app, start, stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    for step in self.start:
                        await step()
                except (Exception, SystemExit) as error:  # noqa: BLE001 - the server must say why
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                for step in self.stop:
                    await step()
                await send({"type": "lifespan.shutdown.complete"})
                return
