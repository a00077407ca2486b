"""The file itself: a tar sealed with age, streamed out and in; nothing in clear touches a disk."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Self

from django.core.files.storage import Storage

from csirt.management.backups.rows import Digest
from incidents.evidence.opening import Damaged, opened
from incidents.evidence.sealing import Sealer

ABOUT, MANIFEST, TABLES, FILES = "about.json", "manifest.json", "tables", "files"
_BLOCK = 256 * 1024  # bytes
_PART = 4 * 1024 * 1024  # bytes of lines in one member


class Unreadable(Exception):
    """The file cannot be opened, is cut, or does not hold what its manifest says."""


class Writer:
    """Takes what a backup holds, in order; ``finish`` seals it and returns the manifest."""

    def __init__(self, name: str, place: Storage, recipients: list[str]) -> None:
        self._sealer = Sealer(name, place=place, recipients=recipients)
        self._tar = tarfile.open(  # noqa: SIM115 - closed by finish
            mode="w|",
            fileobj=self._sealer,  # type: ignore[call-overload]
            bufsize=_BLOCK,
        )
        self.manifest: dict[str, Any] = {"tables": {}, "files": {}, "missing": []}

    def put(self, name: str, told: dict[str, Any]) -> None:
        """Write one small member of plain values."""
        self._put(name, json.dumps(told, indent=1).encode())

    def _put(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        self._tar.addfile(member, io.BytesIO(data))

    def table(self, label: str, lines: Iterable[bytes]) -> None:
        """Write a table in parts, each compressed, and note its digest."""
        made, part, size, number = Digest(), [], 0, 0
        for line in lines:
            made.add(line)
            part.append(line)
            size += len(line)
            if size >= _PART:
                self._part(label, number, part)
                part, size, number = [], 0, number + 1
        self._part(label, number, part)
        self.manifest["tables"][label] = made.told()

    def _part(self, label: str, number: int, part: list[bytes]) -> None:
        data = gzip.compress(b"".join(part), compresslevel=1, mtime=0)
        self._put(f"{TABLES}/{label}/{number:06}", data)

    def file(self, name: str, size: int, content: IO[bytes]) -> None:
        """Write one sealed file as it stands, and note its SHA-256."""
        member = tarfile.TarInfo(f"{FILES}/{name}")
        member.size = size
        reader = _Hashing(content)
        self._tar.addfile(member, reader)
        self.manifest["files"][name] = {"size": size, "sha256": reader.hash.hexdigest()}

    def finish(self, **more: Any) -> int:
        """Write the manifest last; return the size of what was sealed, in bytes."""
        self.manifest |= more
        self.put(MANIFEST, self.manifest)
        self._tar.close()
        return self._sealer.finish().size

    def abort(self) -> None:
        """Leave nothing behind; after ``finish`` it does nothing."""
        self._sealer.abort()


class _Hashing:
    def __init__(self, content: IO[bytes]) -> None:
        self.content, self.hash = content, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.content.read(size)
        self.hash.update(data)
        return data


class Member:
    """One member of the tar: its name, and its bytes, once."""

    def __init__(self, name: str, content: IO[bytes]) -> None:
        self.name, self.content = name, content

    def told(self) -> dict[str, Any]:
        """Return the plain values of a small member."""
        with _readable():
            found: dict[str, Any] = json.loads(self.content.read())
        return found

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of a part of a table."""
        with _readable():
            data = gzip.decompress(self.content.read())
        yield from data.splitlines(keepends=True)

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        with _readable():
            while block := self.content.read(_BLOCK):
                yield block


class Reader:
    """Gives the members of a backup in the order in which they were written."""

    def __init__(self, sealed: IO[bytes], identities: list[str]) -> None:
        self._pipe = opened(sealed, identities)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.stop()

    def members(self) -> Iterator[Member]:
        """Yield each member; raises ``Unreadable`` for a file that is no backup, or half of one."""
        with _readable(), tarfile.open(mode="r|", fileobj=self._pipe, bufsize=_BLOCK) as tar:  # type: ignore[call-overload]
            for info in tar:
                content = tar.extractfile(info)
                if content is not None:
                    yield Member(info.name, content)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except Damaged as error:
        raise Unreadable("the identity does not open it, or it was cut or changed") from error
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        raise Unreadable("it is not a whole backup") from error
