"""Consoles by the hundred in one process: sockets that read frames and note when each item came.

``python -m bench._live_clients PORT PATH COUNT``: lines of JSON on standard input, ``{"open":
[headers, first frame]}`` for each socket, then ``{"take": events, "within": seconds}`` for each
trial; answered with a line each. Times are of the monotonic clock, which all processes share.
"""

import asyncio
import base64
import json
import os
import re
import struct
import sys
import time

import uvloop

SEQ = re.compile(rb'"seq":(\d+)')


class Line(asyncio.Protocol):
    """One socket. Frames from a server are not masked; nothing here is ever long enough to split."""

    def __init__(self, crowd, request, first):
        self.crowd, self.request, self.first = crowd, request, first
        self.rest, self.open = b"", asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data):
        data = self.rest + data
        if not self.open.done():
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self.rest = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head[:200]
            if self.first:
                self.transport.write(masked(self.first.encode()))
            self.open.set_result(None)
        now, at = time.monotonic_ns(), 0
        while len(data) - at >= 2:
            length, head = data[at + 1], 2
            if length == 126:
                length, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            elif length == 127:
                length, head = int.from_bytes(data[at + 2 : at + 10], "big"), 10
            if len(data) - at < head + length:
                break
            self.frame_received(data[at] & 15, data[at + head : at + head + length], now)
            at += head + length
        self.rest = data[at:]

    def frame_received(self, kind, payload, now):
        if kind == 1:
            self.crowd.came(payload, now)
        elif kind == 8:
            self.crowd.closed += 1
        elif kind == 9:  # who never answers a ping is taken for gone
            self.transport.write(struct.pack("!BBI", 0x8A, 0x80 | len(payload), 0) + payload)

    def connection_lost(self, _error):
        self.crowd.closed += 1


class Crowd:
    """What all sockets received."""

    def __init__(self):
        self.closed = self.resets = self.count = 0
        self.wanted, self.done = None, None
        self.times = []

    def came(self, payload, now):
        if payload.startswith(b'{"t":"reset"'):
            self.resets += 1
        found = SEQ.findall(payload)
        self.times += [(int(seq), now) for seq in found]
        self.count += len(found)
        if self.wanted and self.count >= self.wanted and not self.done.done():
            self.done.set_result(None)

    async def take(self, events, within):
        """Wait until this many items came; return (seq, moment) of each."""
        await asyncio.wait({self.done}, timeout=within)
        times, self.times, self.count = self.times, [], self.count - events
        return times


def masked(payload):
    length = len(payload)
    head = (
        struct.pack("!BB", 0x81, 0x80 | length)
        if length < 126
        else struct.pack("!BBH", 0x81, 0xFE, length)
    )
    return head + b"\0\0\0\0" + payload


async def main(port, path):
    crowd, loop, lines = Crowd(), asyncio.get_running_loop(), []
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while text := await reader.readline():
        order = json.loads(text)
        if "open" in order:
            headers, first = order["open"]
            key = base64.b64encode(os.urandom(16)).decode()
            request = (
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                f"{headers}\r\n"
            ).encode()
            _, line = await loop.create_connection(
                lambda request=request, first=first: Line(crowd, request, first), "127.0.0.1", port
            )
            await asyncio.wait_for(line.open, 30)
            lines.append(line)
            answer = len(lines)
        elif "arm" in order:
            crowd.times, crowd.count = [], 0
            crowd.wanted, crowd.done = order["arm"], loop.create_future()
            answer = "armed"
        else:
            times = await crowd.take(crowd.wanted, order["within"])
            answer = {"times": times, "closed": crowd.closed, "resets": crowd.resets}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
