"""A console as a program: it takes the snapshot, says hello, applies items, checks the digest.

Strict where the page is lenient: any break of the protocol is an assertion.
"""

import json
import time
from contextlib import ExitStack
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from incidents.live.rows import digest, mark, written
from tests.people import cookies_of


class Console:
    """One window of *user* at the queue of a running desk."""

    def __init__(self, desk, user, cookies=None):
        self.desk = desk
        self._until = ExitStack()
        self.cookies = cookies_of(user) if cookies is None else cookies
        self.epoch = self.socket = None
        self.follows = True  # a reset is followed by a new snapshot, as the page does
        self.cursor = -1
        self.rows = {}
        self.frames = []
        self.seen = []  # (seq, kind, id) of each item, in order
        self.resets = []
        self.closed = None  # the code with which the server closed

    @property
    def cookie(self):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path):
        """Return (status, body) of a page."""
        request = Request(self.desk.url + path, headers={"Cookie": self.cookie})
        try:
            with urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()

    def snapshot(self):
        """Start from what the server says the live set is."""
        status, body = self.get("/console/snapshot")
        assert status == 200, (status, body[:300])
        start = json.loads(body)
        self.epoch, self.cursor = start["epoch"], start["seq"]
        self.rows = {row["id"]: row for row in start["rows"]}
        assert start["digest"] in {None, self.digest()}
        return start

    def open(self, **options):
        """Open the socket; say hello from where this console stands."""
        self.dial(**options)
        self.hello()
        return self

    def dial(self, origin=None, **options):
        self.closed = None
        self.close()
        self.socket = self._until.enter_context(
            connect(
                f"{self.desk.socket_url}/ws/console/",
                origin=self.desk.url if origin is None else origin,
                additional_headers={"Cookie": self.cookie} if self.cookies else {},
                open_timeout=20,
                **options,
            )
        )
        return self.socket

    def start(self, **options):
        """Take the snapshot and open the socket."""
        self.snapshot()
        return self.open(**options)

    def send(self, frame):
        self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    def hello(self, epoch=None, after=None):
        self.send(
            {
                "t": "hello",
                "epoch": epoch or self.epoch,
                "after": self.cursor if after is None else after,
            }
        )

    def digest(self):
        """The digest of what this console holds."""
        return written(digest(mark(row["id"], row["version"]) for row in self.rows.values()))

    def step(self, timeout=5.0):
        """Take one frame and apply it; None when none came, or the socket was closed."""
        try:
            text = self.socket.recv(timeout=timeout)
        except TimeoutError:
            return None
        except ConnectionClosed as error:
            self.closed = error.rcvd.code if error.rcvd else 1006
            return None
        assert len(text.encode()) <= 65_536
        frame = json.loads(text)
        self.frames.append(frame)
        getattr(self, f"_{frame['t']}")(frame)
        return frame

    def _ev(self, frame):
        assert frame["prev"] == self.cursor, "a frame was missed"
        for item in frame["items"]:
            assert frame["prev"] < item["seq"] <= frame["next"]
            self.seen.append((item["seq"], item["kind"], item["id"]))
            held = self.rows.get(item["id"])
            if item["row"] is None:
                self.rows.pop(item["id"], None)
            elif held is None or item["version"] > held["version"]:
                assert item["row"]["id"] == item["id"]
                assert item["row"]["version"] == item["version"]
                self.rows[item["id"]] = item["row"]
        self.cursor = frame["next"]

    def _hb(self, frame):
        assert frame["next"] >= self.cursor
        self.cursor = frame["next"]
        assert frame["digest"] in {None, self.digest()}, "the console holds something else"

    def _reset(self, frame):
        self.resets.append(frame["why"])
        if self.follows:
            self.snapshot()
            self.hello()

    def _err(self, frame):
        pass

    def _who(self, frame):
        pass

    def until(self, condition, timeout=10.0):
        """Take frames until *condition()* holds; fail when it does not within *timeout* seconds."""
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"not within {timeout} s; last frames: {self.frames[-3:]}"
            assert self.closed is None, f"closed with {self.closed}"
            self.step(min(left, 0.5))

    def beat(self, timeout=12.0):
        """Take frames until a heartbeat says that this console is right."""
        count = len([f for f in self.frames if f["t"] == "hb"])
        self.until(lambda: len([f for f in self.frames if f["t"] == "hb"]) > count, timeout)
        return self.frames[-1]

    def check(self, timeout=5.0):
        """Ask for a heartbeat, once nothing is under way: a hello is answered with one."""
        self.drain()
        self.hello()
        return self.beat(timeout)

    def drain(self, quiet=0.4):
        """Take frames until none comes for a while."""
        while self.closed is None and self.step(quiet) is not None:
            pass

    def close(self):
        self._until.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
