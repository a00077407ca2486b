"""What the hub is measured beside: bare sockets, and the tutorial's consumer for each socket.

``python -m bench._live_contenders PORT`` serves prebuilt frames from ``transport.write``, the limit
of one Python process; ``stock`` is an ASGI application with channels' in-memory layer. Both send
what ``GET /publish?n=EVENTS&rate=A_SECOND&size=BYTES`` asks for (rate 0: at once) and answer with
the moment of each event.
"""

import asyncio
import base64
import hashlib
import json
import re
import struct
import sys
import time
from urllib.parse import parse_qsl

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455


def event(seq, size):
    head = f'{{"t":"ev","items":[{{"seq":{seq},"row":"'
    return head + "x" * (size - len(head) - 4) + '"}]}'


async def publish(query, send):
    """Send the events; return when each was sent."""
    wanted = {key: int(value) for key, value in parse_qsl(query)}
    begun, moments = time.monotonic(), {}
    for seq in range(wanted["n"]):
        if wanted["rate"]:
            await asyncio.sleep(max(0, begun + seq / wanted["rate"] - time.monotonic()))
        elif seq % 10 == 9:
            await asyncio.sleep(0)
        moments[seq] = time.monotonic_ns()
        await send(event(seq, wanted["size"]))
    return json.dumps(moments).encode()


class Bare(asyncio.Protocol):
    lines = set()

    def connection_made(self, transport):
        self.transport, self.rest = transport, b""

    def connection_lost(self, _error):
        self.lines.discard(self.transport)

    def data_received(self, data):
        self.rest += data
        head, end, _ = self.rest.partition(b"\r\n\r\n")
        if not end or not head.startswith(b"GET "):
            return
        self.rest = b""
        if asked := re.match(rb"GET /publish\?(\S+)", head):
            self.task = asyncio.get_running_loop().create_task(self.publish(asked[1].decode()))
            return
        key = re.search(rb"(?i)sec-websocket-key: (\S+)", head)[1]
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self.lines.add(self.transport)

    async def publish(self, query):
        async def send(text):
            payload = text.encode()
            frame = struct.pack("!BBH", 0x81, 126, len(payload)) + payload
            for line in self.lines:
                line.write(frame)

        body = await publish(query, send)
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


async def stock(scope, receive, send):
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.layers import InMemoryChannelLayer

    if not _layer:
        _layer.append(InMemoryChannelLayer(capacity=2000))  # 100, the default, loses a burst unseen
    layer = _layer[0]
    if scope["type"] == "lifespan":
        return
    if scope["type"] == "http":
        body = b"ok"
        if scope["path"] == "/publish":

            async def out(text):
                await layer.group_send("queue", {"type": "row.update", "text": text})

            body = await publish(scope["query_string"].decode(), out)
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return

    class Row(AsyncWebsocketConsumer):
        async def connect(self):
            self.channel_layer = layer
            await layer.group_add("queue", self.channel_name)
            await self.accept()

        async def row_update(self, message):
            await self.send(text_data=message["text"])

    from channels import consumer

    consumer.get_channel_layer = lambda _alias: layer
    await Row()(scope, receive, send)


_layer = []


async def main(port):
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1])))
