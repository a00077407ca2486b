"""A relay in front of a server, that can be shut as a firewall would."""

import asyncio
import contextlib
import threading

from tools.servers import free_port


class Relay:
    """Passes 127.0.0.1:``port`` on to another port; ``shut`` refuses, ``deafen`` never answers."""

    def __init__(self, target):
        self.target, self.port = target, free_port()
        self._server = None
        self._deaf = False
        self._lines = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def open(self):
        """Pass connections on (again)."""
        self._call(self._open(deaf=False))

    def shut(self):
        """Cut every connection and refuse new ones."""
        self._call(self._shut())

    def deafen(self):
        """Cut every connection; take new ones and leave them without an answer."""
        self._call(self._open(deaf=True))

    def _call(self, doing):
        asyncio.run_coroutine_threadsafe(doing, self._loop).result(10)

    async def _open(self, *, deaf):
        await self._shut()
        self._deaf = deaf
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)

    async def _shut(self):
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._lines):
            writer.transport.abort()

    async def _pass_on(self, reader, writer):
        self._lines.add(writer)
        try:
            if self._deaf:
                await reader.read(-1)
                return
            there, onward = await asyncio.open_connection("127.0.0.1", self.target)
            self._lines.add(onward)
            await asyncio.gather(_copy(reader, onward), _copy(there, writer))
            self._lines.discard(onward)
        except OSError:
            writer.transport.abort()  # the server is away: as if the port were closed
        finally:
            self._lines.discard(writer)

    def __enter__(self):
        self._thread.start()
        self.open()
        return self

    def __exit__(self, *_):
        self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


async def _copy(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
