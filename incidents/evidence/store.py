"""Where sealed files are: names, room, and what nobody knows any more."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.files.storage import Storage, storages

log = structlog.get_logger()

FILES, COPIES = "pieces", "copies"  # sealed for the worker; sealed for one download


def store() -> Storage:
    """Return the storage that the settings name: a folder, or an S3-compatible store."""
    return storages["default"]


def new_name(folder: str = FILES) -> str:
    """Return a random name that says nothing of what the file is."""
    return f"{folder}/{secrets.token_hex(16)}"


def has_room(size: int) -> bool:
    """Tell whether *size* more bytes leave the reserve free. A store without a disk always has."""
    room = getattr(store(), "room", None)
    return room is None or room() - size >= settings.EVIDENCE_RESERVE


def discard(name: str, place: Storage | None = None) -> None:
    """Delete a file, if it is there; what cannot be deleted now is swept later."""
    try:
        (place or store()).delete(name)
    except OSError as error:
        log.warning("evidence.not_deleted", error=type(error).__name__)


def sweep(folder: str, known: Collection[str], *, older: timedelta, at: datetime) -> int:
    """Delete the files of *folder* that are not *known* and older than that; return how many."""
    gone = 0
    place = store()
    try:
        names = place.listdir(folder)[1]
    except FileNotFoundError:
        return 0
    for name in (f"{folder}/{name}" for name in names):
        if name not in known and at - place.get_modified_time(name) > older:
            discard(name)
            gone += 1
    return gone
