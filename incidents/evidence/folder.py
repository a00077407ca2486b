"""Sealed files in a folder: random names, for their owner only, on disk when closed."""

import os
import shutil
from pathlib import Path
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage


class Durable(File[bytes]):
    """A new file that is on disk, name included, when ``close`` returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self.path = path
        self.written: IO[Any] = os.fdopen(descriptor, "wb")
        super().__init__(self.written, name=path.name)

    def close(self) -> None:
        if self.closed:
            return
        try:
            self.written.flush()
            os.fsync(self.written.fileno())
        finally:
            super().close()
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class FolderStorage(FileSystemStorage):
    """Django's storage of a folder, written as evidence must be."""

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        return Durable(Path(self.path(name))) if mode == "wb" else super()._open(name, mode)  # type: ignore[misc]

    def room(self) -> int:
        """Return the free bytes of its disk."""
        place = Path(self.location)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(place).free
