"""The antivirus, when there is one: clamd's INSTREAM over TCP or a local socket.

Its protocol is that of ``man clamd``: ``zINSTREAM``, chunks with their length in four bytes, a
length of zero, then one line of answer.
"""

import socket
import struct
from collections.abc import Callable
from contextlib import closing, suppress

from django.conf import settings

from incidents.evidence.opening import Writer

PATIENCE = 60.0  # seconds without an answer
_LIMITS = ("size limit exceeded", "Heuristics.Limits.Exceeded")  # StreamMaxLength, AlertExceedsMax


class NoScanner(OSError):
    """clamd does not answer, or not what it should: try again later."""


class TooMuch(Exception):
    """clamd does not take, or did not look through, a file of that size: it stays unscanned."""


class _Stream:
    """Passes bytes to clamd; once it has hung up, to nobody: its answer says why."""

    def __init__(self, line: socket.socket) -> None:
        self.line, self.broken = line, False

    def write(self, data: bytes) -> int:
        if data and not self.broken:
            try:
                self.line.sendall(struct.pack("!I", len(data)) + data)
            except (BrokenPipeError, ConnectionResetError):
                self.broken = True
        return len(data)


def scan(pour: Callable[[Writer], None]) -> str:
    """Return what clamd found in what *pour* writes, empty when nothing.

    Raises ``NoScanner`` and ``TooMuch``, and what *pour* raises.
    """
    try:
        line = _connected(settings.CLAMD)
    except (OSError, ValueError) as error:
        raise NoScanner from error
    with closing(line):
        stream = _Stream(line)
        try:
            line.sendall(b"zINSTREAM\0")
            pour(stream)
            with suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(struct.pack("!I", 0))
            answer = _answer(line)
        except (TimeoutError, ConnectionError) as error:
            raise NoScanner from error
    if any(words in answer for words in _LIMITS):
        raise TooMuch
    if answer.endswith("FOUND"):
        return answer.removeprefix("stream:").removesuffix("FOUND").strip() or "?"
    if not answer.endswith("OK"):
        raise NoScanner(answer)
    return ""


def _connected(where: str) -> socket.socket:
    if where.startswith("/"):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(PATIENCE)
        line.connect(where)
        return line
    host, _, port = where.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def _answer(line: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and (piece := line.recv(4096)):
        answer += piece
    return answer.rstrip(b"\0").decode(errors="replace").strip()
