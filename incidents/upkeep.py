"""How the desk itself stands: what a doctor, a status page and metrics tell, each from the same facts.

Facts come from the database, so that they are the same whichever process is asked, and hold no word of
any case.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import disk_usage

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, storages
from django.db.models import Count, Min
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from csirt.journal import consumers
from csirt.journal.models import Checkpoint, Event, Head, Parked
from csirt.journal.upkeep import BACKUP_MADE
from csirt.kernel.clock import speed
from incidents.models import IncomingMail, Notice

_SEEN = "upkeep.worker-seen"
SEEN_EVERY = 10  # seconds
SILENT_AFTER = 60  # seconds: a turn of the worker takes a few, a large mailbox some more


@dataclass(frozen=True)
class Disk:
    """A place that can fill up; sizes in bytes."""

    name: str
    path: Path
    free: int
    total: int


@dataclass(frozen=True)
class Facts:
    """As of ``at``. Lag: by consumer, how many events wait and for how many seconds."""

    at: datetime
    events: int
    lag: dict[str, tuple[int, float]]
    parked: int
    jobs: dict[str, int]
    mail: dict[str, int]
    mail_since: datetime | None
    mail_aside: int
    backup_at: datetime | None
    backup_size: int
    backup_missing: int
    checkpoint_at: datetime | None
    unsigned: int
    worker_at: datetime | None
    disks: list[Disk]

    @property
    def worker_is_silent(self) -> bool:
        """Tell whether no worker is known to have gone round lately."""
        seen = self.worker_at
        return seen is None or self.at - seen > timedelta(seconds=SILENT_AFTER) * speed()


def facts(at: datetime) -> Facts:
    """Read all of them; a dozen small queries."""
    head = Head.objects.get(pk=1)
    backup = Event.objects.filter(kind=BACKUP_MADE.name).order_by("-seq").first()
    signed = Checkpoint.objects.order_by("-id").first()
    tasks = DBTaskResult.objects.values_list("status").annotate(Count("pk")).order_by()
    jobs = dict.fromkeys((s.value for s in TaskResultStatus), 0) | dict(tasks)
    states = Notice.objects.filter(carrier=None).values_list("state").annotate(Count("pk"))
    mail = dict.fromkeys(Notice.State.values, 0) | dict(states.order_by())
    waiting = Notice.objects.filter(state=Notice.State.WAITING, carrier=None)
    return Facts(
        at=at,
        events=head.seq,
        lag=consumers.lag(at),
        parked=Parked.objects.filter(solved_at=None).count(),
        jobs=jobs,
        mail=mail,
        mail_since=waiting.aggregate(oldest=Min("made_at"))["oldest"],
        mail_aside=IncomingMail.objects.filter(
            outcome=IncomingMail.Outcome.ASIDE, settled_at=None
        ).count(),
        backup_at=backup.at if backup else None,
        backup_size=int(backup.data["size"]) if backup else 0,
        backup_missing=int(backup.data["missing"]) if backup else 0,
        checkpoint_at=signed.at if signed else None,
        unsigned=head.seq - signed.seq if signed else head.seq,
        worker_at=worker_at(),
        disks=disks(),
    )


def disks() -> list[Disk]:
    """Return the places of this machine that fill up: the desk's folder, evidence, backups."""
    places = {"desk": settings.VAR}
    for name, alias in (("evidence", "default"), ("backups", "backups")):
        store = storages[alias]
        if isinstance(store, FileSystemStorage):
            places[name] = Path(store.location)
    found = []
    for name, path in places.items():
        there = path
        while not there.exists() and there != there.parent:
            there = there.parent
        usage = disk_usage(there)
        found.append(Disk(name, path, usage.free, usage.total))
    return found


def saw_worker(at: datetime) -> None:
    """Note that a worker goes round; the cache may be away, and then nobody knows."""
    with suppress(Exception):
        cache.set(_SEEN, at, timeout=24 * 3600)


def worker_at() -> datetime | None:
    """Return when a worker last went round, None when that is not known."""
    with suppress(Exception):
        found: datetime | None = cache.get(_SEEN)
        return found
    return None
