"""The desk's mailbox, read over IMAP by the worker.

A mail is known by its place (UIDVALIDITY and UID), and by its fingerprint wherever it lies. It is
acknowledged on the server once it is in the database, so that a crash has it read again and taken once.
"""

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, IntegrityError
from django.db.models import Max

from csirt.kernel.clock import now
from incidents.domain import letters
from incidents.models import IncomingMail
from incidents.notifications.incoming.server import Mailbox
from incidents.services import mailbox as service

log = structlog.get_logger()

AT_ONCE = 20  # mails a turn: the worker has other work
LONGEST_REST = timedelta(minutes=5)
_rest = timedelta()
_rests_until: datetime | None = None


def poll(at: datetime) -> int:
    """Take in what is new in the mailbox of the settings; return how many mails, 0 without one."""
    global _rest, _rests_until  # noqa: PLW0603 - one mailbox for each process
    if not settings.IMAP or (_rests_until is not None and at < _rests_until):
        return 0
    try:
        with _opened() as box:
            taken = _take_in(box)
            _acknowledge(box)
    except (OSError, imaplib.IMAP4.error) as error:
        _rest = min(LONGEST_REST, max(timedelta(seconds=20), _rest * 2))
        _rests_until = at + _rest
        log.warning("mailbox.away", error=type(error).__name__, said=str(error)[:120])
        return 0
    _rest, _rests_until = timedelta(), None
    return taken


@contextmanager
def _opened() -> Iterator[Mailbox]:
    box = Mailbox(settings.IMAP)
    try:
        yield box.open()
    finally:
        box.close()


def _take_in(box: Mailbox) -> int:
    """Take in, in order, what came after the last mail taken; at first, what nobody has read."""
    known = IncomingMail.objects.filter(mailbox=box.name, uidvalidity=box.uidvalidity)
    last = known.aggregate(last=Max("uid"))["last"]
    taken = 0
    for uid in box.after(last)[:AT_ONCE]:
        got = box.fetch(uid, settings.EVIDENCE_MAX)
        if got is None:  # somebody deleted it meanwhile
            continue
        size, raw = got
        whole = raw if size <= settings.EVIDENCE_MAX else None
        place = service.Place(box.name, box.uidvalidity, uid)
        try:
            service.take_in(letter=letters.read(raw), place=place, size=size, raw=whole, now=now())
        except IntegrityError:  # another worker was faster
            log.info("mailbox.again", uid=uid)
        except DatabaseError:
            raise
        except Exception as error:
            log.exception("mailbox.aside", uid=uid, error=type(error).__name__)
            service.set_aside(place=place, size=size, raw=whole, now=now())
        taken += 1
    return taken


def _acknowledge(box: Mailbox) -> None:
    """Tell the server about what is in the database, also when a worker died before it could."""
    waiting = IncomingMail.objects.filter(
        mailbox=box.name, uidvalidity=box.uidvalidity, acknowledged=False
    )
    rows = list(waiting.order_by("uid").values_list("pk", "uid")[: 5 * AT_ONCE])
    if rows:
        box.acknowledge([uid for _, uid in rows])
        service.acknowledged(mails=[pk for pk, _ in rows], now=now())
