"""What the worker does with evidence: copies for downloads, the antivirus, what nobody knows.

Each step computes what is due from the rows, so that a missed run loses nothing.
"""

import re
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.conf import settings

from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.kernel.clock import now as read_clock
from incidents import kinds
from incidents.evidence import clamd, opening, store
from incidents.models import Download, Evidence, Pack, Scan
from incidents.services.evidence import COPY_LASTS, COPY_WITHIN, ORPHANS_AFTER

log = structlog.get_logger()

AT_ONCE = 20  # files of one run
SCAN_WITHIN = timedelta(hours=1)  # then a scanner that never answered is one that is not there
LINKS_KEPT = timedelta(hours=1)


def make_copies(*, now: datetime) -> int:
    """Seal what somebody asked for again, for their link alone; return how many."""
    if not opening.can_open():
        return 0
    due = Download.objects.filter(
        ready_at=None, failed=False, used_at=None, asked_at__gt=now - COPY_WITHIN
    )
    made = 0
    for link in due.select_related("evidence").order_by("pk")[:AT_ONCE]:
        row = link.evidence
        try:
            copy = opening.copy_for(row.stored, row.sha256, link.recipient)
        except opening.Damaged:
            damaged(link=link, now=read_clock())
            continue
        ready = Download.objects.filter(pk=link.pk, ready_at=None)
        if ready.update(copy=copy, ready_at=read_clock()):
            made += 1
        else:  # another worker was faster
            store.discard(copy)
    return made


@change
def damaged(*, link: Download, now: datetime) -> None:
    """Note that a file is not any more what was received."""
    Download.objects.filter(pk=link.pk).update(failed=True)
    row = link.evidence
    log.error("evidence.damaged", evidence=str(row.uuid))
    data = {"evidence": str(row.uuid), "sha256": row.sha256}
    record(kinds.EVIDENCE_DAMAGED, row, by=SYSTEM, at=now, data=data)


def scan_waiting(*, now: datetime) -> int:
    """Show the files that wait to the antivirus; return how many have an outcome now."""
    if settings.CLAMD and not opening.can_open():
        return 0  # another worker's
    done = 0
    for row in Evidence.objects.filter(scan=Scan.WAITING).order_by("received_at")[:AT_ONCE]:
        try:
            outcome, found = _scan(row)
        except clamd.NoScanner as error:
            log.warning("clamd.away", error=type(error.__cause__ or error).__name__)
            if now - row.received_at < SCAN_WITHIN:
                return done
            outcome, found = Scan.UNSCANNED, ""
        scanned(evidence=row, outcome=outcome, found=found, now=read_clock())
        done += 1
    return done


def _scan(row: Evidence) -> tuple[Scan, str]:
    if not settings.CLAMD:
        return Scan.UNSCANNED, ""
    try:
        found = clamd.scan(partial(_pour, row))
    except (clamd.TooMuch, opening.Damaged):
        return Scan.UNSCANNED, ""
    return (Scan.INFECTED, found) if found else (Scan.CLEAN, "")


def _pour(row: Evidence, out: opening.Writer) -> None:
    opening.pour(row.stored, out, row.sha256)


@change
def scanned(*, evidence: Evidence, outcome: Scan, found: str, now: datetime) -> None:
    """Keep the antivirus's outcome, once."""
    found = re.sub(r"[^\w.:+/\-]", "_", found)[:100]
    waiting = Evidence.objects.filter(pk=evidence.pk, scan=Scan.WAITING)
    if waiting.update(scan=outcome, found=found, scanned_at=now):
        data = {
            "evidence": str(evidence.uuid),
            "sha256": evidence.sha256,
            "outcome": str(outcome),
            "found": found,
        }
        record(kinds.EVIDENCE_SCANNED, evidence, by=SYSTEM, at=now, data=data)


def sweep_copies(*, now: datetime) -> int:
    """Delete the copies of links that are over; return how many."""
    over = Download.objects.filter(used_at=None, ready_at__lt=now - COPY_LASTS)
    gone = 0
    for link in over:
        store.discard(link.copy)
        gone += link.delete()[0]
    Download.objects.filter(asked_at__lt=now - LINKS_KEPT).delete()
    for pack in Pack.objects.filter(asked_at__lt=now - LINKS_KEPT).exclude(copy=""):
        store.discard(pack.copy)
    Pack.objects.filter(asked_at__lt=now - LINKS_KEPT).delete()
    return gone


def sweep_orphans(*, now: datetime) -> int:
    """Delete what no row names: uploads that a crash cut, files of erased cases; return how many."""
    copies = set(Download.objects.exclude(copy="").values_list("copy", flat=True))
    copies |= set(Pack.objects.exclude(copy="").values_list("copy", flat=True))
    gone = store.sweep(store.COPIES, copies, older=COPY_WITHIN, at=now)
    known = set(Evidence.objects.values_list("stored", flat=True))
    return gone + store.sweep(store.FILES, known, older=ORPHANS_AFTER, at=now)
