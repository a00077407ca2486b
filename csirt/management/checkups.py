"""What a doctor looks at: one small function each, which yields sentences about what is wrong.

What also keeps the desk from starting is in ``startup``, and is said here too.
"""

import imaplib
import os
import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

import pyrage
from django.conf import settings
from django.core.mail import get_connection
from django.db import connection

from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.management import startup
from incidents import upkeep
from incidents.evidence import clamd
from incidents.evidence.opening import Writer
from incidents.notifications.incoming.server import Mailbox

Checkup = Callable[[], Iterator[str]]
_DAY = timedelta(hours=26)  # a nightly task may be a little late
_LEAST_FREE = 0.1  # of a disk
_DRIFT = 2.0  # seconds between two clocks


@cache
def _facts() -> upkeep.Facts:
    return upkeep.facts(now())


def start() -> Iterator[str]:
    """What keeps the desk from starting: keys, hosts, sync, migrations, the journal's guards."""
    yield from startup.problems()


def proxy() -> Iterator[str]:
    """Somebody in front ends TLS and says who asks."""
    if not settings.TRUSTED_PROXIES:
        yield (
            "CSIRT_TRUSTED_PROXIES names nobody: every visitor counts as the proxy, "
            "and limits hold for all of them together. Give the proxy's address."
        )
    for one in settings.TRUSTED_PROXIES:
        try:
            ip_address(one)
        except ValueError:
            yield (
                f"CSIRT_TRUSTED_PROXIES names {one}, which is no address: a network or a host name "
                "is never believed. Give each address."
            )


def redis() -> Iterator[str]:
    """Several processes hear each other by Redis."""
    if not settings.REDIS_URL:
        if connection.vendor == "postgresql":
            yield (
                "CSIRT_REDIS_URL is not set: with two web processes, consoles are half a second late "
                "and presence is not seen. Set it, or run one process."
            )
        return
    import redis as client

    try:
        line = client.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
        line.ping()
    except ValueError:
        yield "CSIRT_REDIS_URL is no address of a Redis: redis://host:port/0."
    except client.RedisError as error:
        yield f"Redis does not answer ({type(error).__name__}). The desk works on, half a second later."


def mail_out() -> Iterator[str]:
    """The mail server takes our log-in."""
    if not settings.EMAIL_HOST:
        yield "CSIRT_SMTP_URL is not set: nobody is told by mail that there is news."
        return
    try:
        line = get_connection()
        line.open()
        line.close()
    except (OSError, smtplib.SMTPException) as error:
        yield f"The mail server {settings.EMAIL_HOST} does not take us ({_said(error)})."


def mail_in() -> Iterator[str]:
    """The mailbox opens."""
    if not settings.IMAP:
        yield "CSIRT_IMAP_URL is not set: answers to our mails, and reports by mail, are not read."
        return
    mailbox = Mailbox(settings.IMAP)
    try:
        mailbox.open()
    except (OSError, imaplib.IMAP4.error) as error:
        yield f"The mailbox on {settings.IMAP.host} does not open ({_said(error)})."
    finally:
        mailbox.close()


def clock() -> Iterator[str]:
    """One clock: this machine's, the database's, and that of what was written last."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            drift = abs(float(cursor.fetchone()[0]) - time.time())
        if drift > _DRIFT:
            yield f"This machine and the database are {drift:.0f} s apart. Synchronise their clocks."
    last = Event.objects.order_by("-seq").first()
    if last and (ahead := (last.at - now()).total_seconds()) > _DRIFT:
        yield f"The last event was written {ahead:.0f} s in the future: a clock ran back."


def disk() -> Iterator[str]:
    """Nothing is about to be full."""
    for one in upkeep.disks():
        if one.free < settings.EVIDENCE_RESERVE or one.free < one.total * _LEAST_FREE:
            free, total = one.free >> 20, one.total >> 20
            yield f"The disk of {one.path} has {free} MB free of {total}. Make room."
    folders = [settings.VAR, settings.CHECKPOINT_FILE.parent, *(one.path for one in upkeep.disks())]
    for path in dict.fromkeys(folders):
        there = _nearest(path)
        if not there.is_dir() or not os.access(there, os.W_OK):
            yield (
                f"This account may not write to {path}. Give it the folder; under systemd, "
                "name it in ReadWritePaths too."
            )


def antivirus() -> Iterator[str]:
    """A clamd that was asked for answers."""
    if settings.CLAMD:
        try:
            clamd.scan(_greet)
        except (clamd.NoScanner, clamd.TooMuch):
            yield f"The antivirus at {settings.CLAMD} does not answer: files stay unscanned."


def _greet(out: Writer) -> None:
    out.write(b"doctor")


def evidence() -> Iterator[str]:
    """The worker opens what the web process seals."""
    mine = set()
    with suppress(pyrage.IdentityError):  # start says so
        mine = {
            str(pyrage.x25519.Identity.from_str(one).to_public())
            for one in settings.EVIDENCE_IDENTITIES
        }
    if mine and set(settings.EVIDENCE_RECIPIENTS) - mine:
        yield (
            "CSIRT_EVIDENCE_RECIPIENT names a key that CSIRT_EVIDENCE_IDENTITY does not hold: "
            "what is sealed for it alone could not be opened here."
        )


def worker() -> Iterator[str]:
    """A worker goes round, and keeps up."""
    told = _facts()
    if told.worker_is_silent:
        yield "No worker has gone round for a minute. Start one: manage.py tend"
        return
    for name, (events, seconds) in told.lag.items():
        if seconds > upkeep.SILENT_AFTER:
            yield f"{name} is {events} events and {seconds:.0f} s behind the journal."
    if told.parked:
        yield f"{told.parked} events were given up. They wait in the console, « Courriels à voir »."


def checkpoint() -> Iterator[str]:
    """The chain is signed, and what is signed leaves this machine."""
    told = _facts()
    old = told.checkpoint_at is None or told.at - told.checkpoint_at > _DAY
    if old and told.unsigned:
        yield (
            f"{told.unsigned} events bear no signed checkpoint. "
            "Give CSIRT_CHECKPOINT_KEY to a worker."
        )
    for path in (settings.CHECKPOINT_FILE, settings.LEDGER_FILE):
        if path.exists() and not _left(path):
            yield (
                f"{path.name} does not leave this machine: {path.name}.copied is missing or older "
                "than what it holds. Copy the file elsewhere, then touch that one."
            )


def _left(path: Path) -> bool:
    """Tell whether whoever copies *path* has said so since it grew, give or take a day."""
    receipt = path.with_name(f"{path.name}.copied")
    written = path.stat().st_mtime
    return receipt.exists() and receipt.stat().st_mtime > written - _DAY.total_seconds()


def backup() -> Iterator[str]:
    """There is a backup of last night, whole, and elsewhere."""
    told = _facts()
    if not settings.BACKUP_RECIPIENTS:
        yield "CSIRT_BACKUP_RECIPIENT is not set: no backup can be made."
    try:
        for recipient in settings.BACKUP_RECIPIENTS:
            pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        yield "CSIRT_BACKUP_RECIPIENT is not an age recipient, which begins with age1."
    if told.backup_at is None:
        yield "No backup was ever made. Run: manage.py backup, and give it a timer."
    elif told.at - told.backup_at > _DAY:
        yield f"The last backup is of {told.backup_at:%d/%m/%Y %H:%M} UTC. Look at its timer."
    if told.backup_missing:
        yield f"{told.backup_missing} files of evidence were not in the store at the last backup."
    places = {one.name: one.path for one in upkeep.disks()}
    if "backups" in places and _device(places["backups"]) == _device(places["desk"]):
        yield (
            f"Backups are on the disk of the desk ({places['backups']}). "
            "Give CSIRT_BACKUP_FOLDER another one, or CSIRT_BACKUP_BUCKET a bucket."
        )


def _device(path: Path) -> int:
    return _nearest(path).stat().st_dev


def _nearest(path: Path) -> Path:
    """Return *path*, or the first above it that exists: a folder may be made with its first file."""
    while not path.exists():
        path = path.parent
    return path


def words() -> Iterator[str]:
    """The pages that the law asks for are complete."""
    if missing := [name.upper() for name, value in settings.LEGAL.items() if not value]:
        names = ", ".join(f"CSIRT_LEGAL_{name}" for name in missing)
        yield f"The legal pages say that something is missing: {names}."


def retention() -> Iterator[str]:
    """Somebody has decided how long records are kept."""
    if not settings.RETENTION:
        yield (
            "Nothing is erased by age: have your data-protection officer read retention.yaml, then set"
            " CSIRT_RETENTION to on, or to off."
        )


def _said(error: Exception) -> str:
    """Return what kind of error it is; its text may hold a password or an address."""
    name = type(error).__name__
    return f"{name} {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else name


CHECKUPS: list[Checkup] = [
    start, proxy, redis, mail_out, mail_in, clock, disk, antivirus, evidence, worker, checkpoint,
    backup, words, retention,
]  # fmt: skip
