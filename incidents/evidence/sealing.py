"""Sealing a stream with age while it arrives: nothing in clear is ever written.

The web process has only the recipients. Bytes go through a bounded queue to a thread that runs
``encrypt_io``. Never a pipe: a cut upload would end as a valid, shorter file.
"""

import hashlib
import queue
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

import pyrage
from django.conf import settings
from django.core.files.storage import Storage

from incidents.evidence.store import discard, new_name, store

AT_ONCE = 32  # files sealed in the same moment by one process
_AHEAD = 8  # chunks
_END = b""
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sealing")


class Cut(OSError):
    """The stream ended before its end: what was written is no file."""


@dataclass(frozen=True)
class Sealed:
    """A file on disk. ``sha256`` and ``size`` are of the bytes that were sent."""

    name: str
    size: int
    sha256: str


class _Chunks:
    """What ``encrypt_io`` reads from: a bounded queue of chunks, exceptions, and the end mark."""

    def __init__(self) -> None:
        self.queue: queue.Queue[bytes | BaseException] = queue.Queue(_AHEAD)
        self.rest = _END
        self.failed: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        if not self.rest:
            item = self.queue.get()
            if isinstance(item, BaseException):
                raise item
            self.rest = item
        if size < 0:
            size = len(self.rest)
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def drain(self) -> None:
        """Take what is still put, so that who puts is never left waiting."""
        while self.queue.get() != _END:
            pass


class Sealer:
    """Takes one file: ``write`` its chunks, then ``finish``, or ``abort`` at any moment.

    A piece of evidence, unless it is told another name, another place and for whom it is.
    """

    def __init__(
        self, name: str = "", *, place: Storage | None = None, recipients: list[str] | None = None
    ) -> None:
        self.name = name or new_name()
        self.size = 0
        self._place = place or store()
        self._hash = hashlib.sha256()
        self._chunks = _Chunks()
        self._ended = False
        self._out: IO[Any] = self._place.open(self.name, "wb")
        wanted = settings.EVIDENCE_RECIPIENTS if recipients is None else recipients
        to = [pyrage.x25519.Recipient.from_str(one) for one in wanted]
        self._work: Future[None] = _threads.submit(_seal, self._chunks, self._out, to)

    def write(self, chunk: bytes) -> int:
        """Take the next bytes; raises what sealing raised, such as a full disk."""
        if not chunk:
            return 0
        if self._chunks.failed is not None:
            raise self._chunks.failed
        self._hash.update(chunk)
        self.size += len(chunk)
        self._chunks.queue.put(chunk)
        return len(chunk)

    def finish(self) -> Sealed:
        """Return the file once all of it is on disk."""
        self._put_end()
        self._work.result()
        self._out.close()
        self._ended = True
        return Sealed(self.name, self.size, self._hash.hexdigest())

    def abort(self) -> None:
        """Leave nothing behind; after ``finish`` it does nothing."""
        if self._ended:
            return
        self._ended = True
        self._chunks.queue.put(Cut("upload cut"))
        self._put_end()
        with suppress(Exception):
            self._work.result()
        with suppress(Exception):
            self._out.close()
        discard(self.name, self._place)

    def _put_end(self) -> None:
        self._chunks.queue.put(_END)


def _seal(chunks: _Chunks, out: IO[Any], recipients: list[Any]) -> None:
    try:
        pyrage.encrypt_io(chunks, out, recipients)
    except BaseException as error:
        chunks.failed = error
        chunks.drain()
        raise


def seal(read: Callable[[int], bytes]) -> Sealed:
    """Seal what *read* gives until it is empty, in one go; for what is not an upload."""
    sealer = Sealer()
    try:
        while chunk := read(256 * 1024):
            sealer.write(chunk)
        return sealer.finish()
    finally:
        sealer.abort()
