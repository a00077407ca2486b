"""The console's socket: who comes in, what they may say, and the task that writes to them.

The exact Origin is checked in ``csirt.asgi``, before this.
"""

import asyncio
import contextlib
from typing import Any

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError

from incidents.live import entry, protocol
from incidents.live.hub import HUB
from incidents.live.sockets import Socket

log = structlog.get_logger()

MOST_BAD = 10  # frames; then the socket is closed
_MOST_FRAMES, _EVERY = 60, 10.0  # frames a console may send in so many seconds


class Console(AsyncWebsocketConsumer):
    """One open console. The hub fills its queue; no channel layer is involved."""

    channel_layer_alias = "none"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._socket: Socket | None = None
        self._writer: asyncio.Task[None] | None = None
        self._bad = 0
        self._frames, self._since = 0, 0.0

    async def connect(self) -> None:
        """Accept somebody who works cases, in a session with its second factor; refuse others."""
        key = self.scope["session"].session_key
        self._host = dict(self.scope["headers"]).get(b"host", b"").decode("latin-1")
        try:
            admitted = await HUB.call(entry.admitted, key, self._host, HUB.cursor)
        except (DatabaseError, InterfaceError):
            await self.close(protocol.LATER)
            return
        if admitted is None:
            await self.close(protocol.ENDED)
            return
        socket = Socket(admitted)
        await self.accept()
        if not HUB.connect(socket):
            await self.close(protocol.CROWDED)
            return
        self._socket = socket
        self._writer = asyncio.create_task(self._write(socket), name="console-writer")

    async def disconnect(self, code: int) -> None:  # noqa: ARG002 - channels passes it
        """Leave the hub and stop writing."""
        if self._socket is not None:
            HUB.disconnect(self._socket)
        if self._writer is not None and self._writer is not asyncio.current_task():
            self._writer.cancel()

    async def receive(
        self,
        text_data: str | None = None,
        bytes_data: bytes | None = None,  # noqa: ARG002 - binary is a bad frame whatever it holds
    ) -> None:
        """Take one frame; a bad one costs a code, the tenth the socket."""
        socket = self._socket
        if socket is None or socket.ended:
            return
        try:
            self._count()
            frame = protocol.parse(text_data)
        except protocol.BadFrame as bad:
            self._refuse(socket, bad.code)
            return
        try:
            if isinstance(frame, protocol.Hello):
                await HUB.hello(socket, frame, host=self._host)
            elif isinstance(frame, protocol.Watch):
                HUB.watch.all(socket)
            elif not await HUB.watch.at(socket, frame):
                socket.put_if_room(protocol.error("not-found"))
        except (DatabaseError, InterfaceError, TimeoutError) as error:
            log.warning("console.unavailable", error=type(error).__name__)
            self._unavailable(socket)
        except Exception as error:
            log.exception("console.failed", error=type(error).__name__)
            self._unavailable(socket)

    def _unavailable(self, socket: Socket) -> None:
        socket.put_if_room(protocol.error("unavailable"))
        socket.held = None

    def _count(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._since > _EVERY:
            self._frames, self._since = 0, now
        self._frames += 1
        if self._frames > _MOST_FRAMES:
            raise protocol.BadFrame("too-fast")

    def _refuse(self, socket: Socket, code: protocol.Code) -> None:
        self._bad += 1
        if self._bad >= MOST_BAD:
            socket.end(protocol.BAD)
        else:
            socket.put_if_room(protocol.error(code))

    async def _write(self, socket: Socket) -> None:
        """Write frames as the peer takes them; a peer that takes none holds up nobody else."""
        send = self.base_send
        with contextlib.suppress(OSError):  # the peer is gone: disconnect follows
            while (frame := await socket.next()) is not None:
                await send({"type": "websocket.send", "text": frame})
            await send({"type": "websocket.close", "code": socket.close_code})
