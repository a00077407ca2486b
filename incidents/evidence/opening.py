"""Opening sealed files: in the worker with the desk's identity, for one download with its own.

The web process never holds the desk's identity. It opens only the copy that the worker made for one
download, with the key that is in the download's link.
"""

import hashlib
import queue
import threading
from contextlib import suppress
from typing import IO, Any, Protocol

import pyrage
from django.conf import settings

from incidents.evidence.sealing import Cut
from incidents.evidence.store import COPIES, discard, new_name, store

PASSWORD = b"infected"  # what analysts' tools expect of a sample; it hides nothing
_AHEAD = 16  # chunks
_PIECE = 256 * 1024  # bytes
_ZIP64_FROM = 2**31 - 1


class Damaged(Exception):
    """What is stored is not what was received."""


class Writer(Protocol):
    """Where opened bytes go."""

    def write(self, data: bytes) -> object: ...


class _Hashed:
    """Passes bytes on and sums them."""

    def __init__(self, out: Writer) -> None:
        self.out, self.hash = out, hashlib.sha256()
        self.failed: Exception | None = None

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        try:
            self.out.write(data)
        except Exception as error:  # pyrage would keep its words only
            self.failed = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def can_open() -> bool:
    """Tell whether this process has the desk's identity."""
    return bool(settings.EVIDENCE_IDENTITIES)


def pour(name: str, out: Writer, sha256: str) -> None:
    """Write what is sealed under *name* to *out*; raises ``Damaged`` when it is not that any more."""
    identities = [pyrage.x25519.Identity.from_str(one) for one in settings.EVIDENCE_IDENTITIES]
    hashed = _Hashed(out)
    try:
        with store().open(name, "rb") as sealed:
            sealed.seek(0)  # a store that is away fails here, and not as a damaged file
            pyrage.decrypt_io(sealed, hashed, identities)
    except FileNotFoundError as error:
        raise Damaged from error
    except (OSError, pyrage.DecryptError) as error:
        if hashed.failed is not None:
            raise hashed.failed from error
        if getattr(error, "errno", None) is not None:  # of the disk, not of the file
            raise
        raise Damaged from error
    if hashed.hash.hexdigest() != sha256:
        raise Damaged


class Pipe:
    """A bounded pipe between two threads that carries failures: never a shorter valid file."""

    def __init__(self) -> None:
        self.queue: queue.Queue[bytes | BaseException] = queue.Queue(_AHEAD)
        self.rest = b""
        self.stopped = self.ended = False
        self.failed: Damaged | None = None
        self.worker: threading.Thread | None = None

    def put(self, item: bytes | BaseException) -> None:
        while not self.stopped:
            try:
                self.queue.put(item, timeout=0.5)
            except queue.Full:
                continue
            return
        raise Cut("nobody reads any more")

    def write(self, data: bytes) -> int:
        if data:
            self.put(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def get(self) -> bytes:
        """Return the next chunk, empty at the end; raises what the writer raised."""
        while not self.ended:
            try:
                item = self.queue.get(timeout=0.5)
            except queue.Empty:
                if self.stopped:
                    raise Cut("nobody writes any more") from None
                continue
            if isinstance(item, BaseException):
                self.failed = _damage(item)
                raise item
            self.ended = item == b""
            return item
        return b""

    def read(self, size: int = -1) -> bytes:
        if not self.rest:
            self.rest = self.get()
        if size < 0:
            size = len(self.rest)
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def stop(self) -> None:
        self.stopped = True
        if self.worker is not None:
            self.worker.join()


def opened(sealed: IO[bytes], identities: list[str]) -> Pipe:
    """Return what *sealed* holds, to ``read`` piece by piece; ``stop`` it when done.

    ``read`` raises ``Damaged`` when none of *identities* opens it, or it is not what was sealed.
    """
    keys = [pyrage.x25519.Identity.from_str(one) for one in identities]
    chunks = Pipe()

    def open_it() -> None:
        end: Any = b""
        try:
            pyrage.decrypt_io(sealed, chunks, keys)
        except BaseException as error:  # noqa: BLE001 - raised again by who reads
            of_the_file = isinstance(error, pyrage.DecryptError) or (
                isinstance(error, OSError) and error.errno is None
            )
            end = Damaged() if of_the_file else error
        with suppress(Cut):  # nobody reads any more
            chunks.put(end)

    chunks.worker = threading.Thread(target=open_it, name="opening", daemon=True)
    chunks.worker.start()
    return chunks


def copy_for(name: str, sha256: str, recipient: str) -> str:
    """Seal a file again, for one download; return the copy's name. Nothing in clear is written."""
    copy = new_name(COPIES)
    chunks = Pipe()

    def open_it() -> None:
        try:
            pour(name, chunks, sha256)
        except BaseException as error:  # noqa: BLE001 - raised again by who reads
            chunks.put(error)
        chunks.put(b"")

    worker = threading.Thread(target=open_it, name="opening", daemon=True)
    try:
        with store().open(copy, "wb") as out:
            worker.start()
            to = pyrage.x25519.Recipient.from_str(recipient)
            pyrage.encrypt_io(chunks, out, [to])
    except BaseException as error:
        chunks.stop()
        discard(copy)
        damaged = _damage(error) or chunks.failed
        if damaged:
            raise Damaged from damaged
        raise
    return copy


def _damage(error: BaseException | None) -> Damaged | None:
    while error is not None:
        if isinstance(error, Damaged):
            return error
        error = error.__cause__
    return None


class Zipped:
    """An AES zip of a download's copy, made while it is taken piece by piece."""

    def __init__(self, copy: str, key: str, *, name: str, size: int) -> None:
        self.copy = copy
        self._chunks = Pipe()
        maker = threading.Thread(
            target=_zip, args=(self._chunks, copy, key, name, size), name="zipping", daemon=True
        )
        maker.start()

    def piece(self) -> bytes:
        """Return some bytes, none at the end; raises when the copy cannot be opened whole."""
        held = bytearray()
        while len(held) < _PIECE and (chunk := self._chunks.get()):
            held += chunk
        return bytes(held)

    def end(self) -> None:
        """Stop, wherever it is; the copy is gone."""
        self._chunks.stop()
        discard(self.copy)


def _zip(chunks: Pipe, copy: str, key: str, name: str, size: int) -> None:
    import pyzipper

    try:
        identity = pyrage.x25519.Identity.from_str(key)
        with pyzipper.AESZipFile(
            chunks, "w", compression=pyzipper.ZIP_STORED, encryption=pyzipper.WZ_AES
        ) as archive:
            archive.setpassword(PASSWORD)
            with (
                archive.open(name, "w", force_zip64=size > _ZIP64_FROM) as entry,
                store().open(copy, "rb") as sealed,
            ):
                pyrage.decrypt_io(sealed, entry, [identity])
        end: Any = b""
    except BaseException as error:  # noqa: BLE001 - raised again by who reads
        end = error
    try:
        chunks.put(end)
    except Cut:
        return  # who asked is gone
