"""A backup, its verification, its restore elsewhere, and the chain read again: seconds.

``CASES`` cases filed by the real service (default 500; 10,000 is what is promised), ``EVIDENCE_MB`` of
sealed files (default 50; 5120), ``EVENTS`` in the journal (default 20,000; 1,000,000), made in one
change. Pass: backup and restore together in 15 minutes, a million events verified in a minute (so many
a second at any size). Contender: copying the same files with ``cp``.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

from bench._desk import desk

CASES = int(os.environ.get("CASES", "500"))
EVIDENCE_MB = int(os.environ.get("EVIDENCE_MB", "50"))
EVENTS = int(os.environ.get("EVENTS", "20000"))
WITHIN, EVENTS_A_SECOND = 15 * 60, 1_000_000 / 60
PIECE = 10 * 1024 * 1024  # bytes of one file


def timed(work):
    began = time.monotonic()
    answer = work()
    return round(time.monotonic() - began, 2), answer


def fill():
    from csirt.accounts.principals import Victim
    from csirt.journal import change, record
    from csirt.journal.epoch import SYSTEM
    from csirt.journal.models import Head
    from csirt.journal.upkeep import BACKUP_MADE
    from csirt.kernel import codes
    from csirt.kernel.clock import now
    from incidents.evidence.sealing import seal
    from incidents.services import evidence
    from tests.people import file_case

    victims = [file_case() for _ in range(CASES)]
    for number in range(EVIDENCE_MB * 1024 * 1024 // PIECE):
        rest = [os.urandom(PIECE)]
        sealed = seal(lambda _size, rest=rest: rest.pop() if rest else b"")
        evidence.receive(
            victim=Victim(victims[number % len(victims)].incident.pk), token=codes.new_token(),
            name=f"{number}.bin", sealed=sealed, now=now(),
        )  # fmt: skip

    @change
    def many(count):
        head, data = Head.objects.get(), {"file": "x", "size": 1, "seconds": 1, "missing": 0}
        for _ in range(count):
            record(BACKUP_MADE, head, by=SYSTEM, at=now(), data=data)

    left = EVENTS - Head.objects.get().seq
    while left > 0:
        many(min(left, 10_000))
        left -= 10_000


def main():
    with desk() as profile:
        from django.conf import settings

        from csirt.journal.models import Head
        from csirt.journal.verify import verify
        from csirt.kernel.clock import now
        from csirt.management.backups import making, reading
        from tests.elsewhere import Elsewhere, identity

        fill()
        took, made = timed(lambda: making.make(now=now()))
        path = Path(settings.STORAGES["backups"]["OPTIONS"]["location"]) / made.name
        print(json.dumps({"what": f"backup, {profile}", "seconds": took, "bytes": made.size}))
        copied = path.with_name("copy")
        plain, _ = timed(lambda: (shutil.copyfile(path, copied), os.sync()))
        copied.unlink()
        print(json.dumps({"what": "the same bytes copied", "seconds": plain}))
        key = identity().read_text().split()[-1]
        checked, _ = timed(lambda: reading.verify(path.open("rb"), [key]))
        print(json.dumps({"what": "backup verified", "seconds": checked}))
        folder = path.with_name("elsewhere")
        folder.mkdir()
        there = Elsewhere(folder, bare=True)
        words = ["restore", path, "--identity", identity(), "--no-ledger"]
        back, done = timed(lambda: there.run(*words, patience=3600))
        print(
            json.dumps({"what": "restored elsewhere", "seconds": back, "said": done.stdout[-200:]})
        )
        there.end()
        events = Head.objects.get().seq
        chain, verdict = timed(verify)
        rate = round(events / chain)
        print(json.dumps({"what": "events verified a second", "events": events, "figure": rate}))
        ok = done.returncode == 0 and verdict.bad is None
        return 0 if ok and took + back <= WITHIN and rate >= EVENTS_A_SECOND else 1


if __name__ == "__main__":
    sys.exit(main())
