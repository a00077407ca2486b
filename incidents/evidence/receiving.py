"""The upload handler of Django that seals the one file of a request while it arrives."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from csirt.kernel.errors import TooLarge
from incidents.evidence.sealing import Sealed, Sealer
from incidents.evidence.store import discard


class SealingHandler(FileUploadHandler):
    """Takes the first file of the field *wanted*; whoever makes one calls ``abort`` at the end."""

    chunk_size = 256 * 1024

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.sealer: Sealer | None = None
        self.sealed: Sealed | None = None
        self.sent_name = ""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.field_name != self.wanted or self.sealer is not None:
            raise SkipFile
        self.sent_name = str(self.file_name)
        self.sealer = Sealer()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.sealer is None:
            return
        if start + len(raw_data) > settings.EVIDENCE_MAX:
            raise TooLarge
        self.sealer.write(bytes(raw_data))

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002
        if self.sealer is not None:
            self.sealed = self.sealer.finish()

    def hand_over(self) -> Sealed | None:
        """Return the file, None when none arrived whole; who calls answers for it from now on."""
        sealed, self.sealed = self.sealed, None
        return sealed

    def abort(self) -> None:
        """Leave nothing of a file that did not arrive whole, or that nobody took over."""
        if self.sealer is not None:
            self.sealer.abort()
        if self.sealed is not None:
            discard(self.sealed.name)
