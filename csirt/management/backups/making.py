"""Making a backup while the desk works: rows of one moment, then the sealed files they name."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

import csirt
from csirt.journal import change, consistent_read, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Head
from csirt.journal.upkeep import BACKUP_MADE
from csirt.kernel.clock import now as read_clock
from csirt.kernel.clock import stamp
from csirt.management.backups import rows
from csirt.management.backups.archive import ABOUT, Writer
from incidents.evidence import store
from incidents.models import Evidence

FORMAT = 1
SUFFIX = ".age"


@dataclass(frozen=True)
class Made:
    """One backup: its name in the store of backups, its size in bytes, and what could not be read."""

    name: str
    size: int
    missing: list[str]


def place() -> Storage:
    """Return where backups are kept: a folder, or a bucket."""
    return storages["backups"]


def make(*, now: datetime) -> Made:
    """Write a backup of the desk as it stands; raises ``OSError`` when it cannot, leaving nothing."""
    began = time.monotonic()
    name = f"desk-{now:%Y%m%dT%H%M%SZ}{SUFFIX}"
    writer = Writer(name, place(), settings.BACKUP_RECIPIENTS)
    try:
        with consistent_read():
            models = {model._meta.label_lower: model for model in rows.tables(apps)}
            columns = {label: rows.columns(model) for label, model in models.items()}
            about = _about(now) | {"columns": columns}
            writer.put(ABOUT, about)
            for label, model in models.items():
                writer.table(label, rows.lines(model, columns[label]))
            named = list(Evidence.objects.order_by("pk").values_list("stored", flat=True))
        for stored in named:
            _copy(writer, stored)
        size = writer.finish(head=about["head"])
    finally:
        writer.abort()
    missing = writer.manifest["missing"]
    _note(name=name, size=size, seconds=round(time.monotonic() - began), missing=len(missing))
    return Made(name, size, missing)


def _about(now: datetime) -> dict[str, Any]:
    head = Head.objects.get(pk=1)
    applied = MigrationRecorder(connection).applied_migrations()
    return {
        "format": FORMAT,
        "release": csirt.RELEASE,
        "made_at": stamp(now),
        "migrations": sorted([app, name] for app, name in applied),
        "head": {"epoch": str(head.epoch), "seq": head.seq, "hash": bytes(head.hash).hex()},
        "keys": fingerprints(),
    }


def fingerprints() -> dict[str, str]:
    """Return what tells a key from another without saying it: no backup holds a key."""
    keys = {
        "CSIRT_CODE_KEY": settings.CODE_KEY,
        "CSIRT_SEEDS_KEY": settings.SEEDS_KEY.split(b",")[0],
        "CSIRT_PEPPER": b",".join(settings.PEPPERS[n] for n in sorted(settings.PEPPERS)),
        "CSIRT_EVIDENCE_RECIPIENT": ",".join(sorted(settings.EVIDENCE_RECIPIENTS)).encode(),
    }
    return {name: sha256(b"desk|" + key).hexdigest()[:12] for name, key in keys.items()}


def _copy(writer: Writer, stored: str) -> None:
    """Write one sealed file; one that was erased meanwhile is no loss, any other is told."""
    kept = store.store()
    try:
        size = kept.size(stored)
        with kept.open(stored, "rb") as content:
            writer.file(stored, size, content)
    except FileNotFoundError:
        if Evidence.objects.filter(stored=stored).exists():
            writer.manifest["missing"].append(stored)


@change
def _note(*, name: str, size: int, seconds: int, missing: int) -> None:
    data = {"file": name, "size": size, "seconds": seconds, "missing": missing}
    record(BACKUP_MADE, Head.objects.get(pk=1), by=SYSTEM, at=read_clock(), data=data)


def forget_old(*, now: datetime) -> list[str]:
    """Delete the backups older than ``CSIRT_BACKUP_DAYS``, but never the newest; return their names."""
    kept = place()
    try:
        names = sorted(name for name in kept.listdir("")[1] if name.endswith(SUFFIX))
    except FileNotFoundError:
        return []
    oldest = now - timedelta(days=settings.BACKUP_DAYS)
    gone = [name for name in names[:-1] if name < f"desk-{oldest:%Y%m%dT%H%M%SZ}"]
    for name in gone:
        kept.delete(name)
    return gone
