"""The web process is killed while files arrive: every row has its file, whole, and none is in clear.

500 SIGKILLs at random bytes unless ``KILLS`` says otherwise. Each sender keeps its form's token and
tries again. The test of case B8 runs the same thing, shorter.
"""

import hashlib
import json
import os
import random
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from bench._desk import desk

SENDERS = 4
LARGEST = 3_000_000  # bytes
MARK = b"EN CLAIR " * 8


class Sender(threading.Thread):
    """Somebody who sends files one after the other, and each until it is acknowledged."""

    def __init__(self, line, ended):
        super().__init__(daemon=True)
        self.line, self.ended = line, ended
        self.acknowledged, self.cut, self.unexpected = {}, 0, []
        self.sending = False

    def run(self):
        import http.client

        from csirt.kernel import codes

        while not self.ended.is_set():
            token = codes.new_token()
            size = random.randrange(1, LARGEST)
            content = MARK + os.urandom(size)
            while not self.ended.is_set():
                try:
                    self.sending = True
                    status, page = self.line.send(content, token)
                except (OSError, http.client.HTTPException):
                    self.cut += 1
                    time.sleep(0.05)
                    continue
                finally:
                    self.sending = False
                if status == 302:
                    self.acknowledged[token] = hashlib.sha256(content).hexdigest()
                    break
                if status != 503:
                    self.unexpected.append((status, page[:300]))
                    return


def run(web, victims, folder, *, kills):
    """Return the figures. *web* runs over the store *folder*; each of *victims* sends."""
    from tests.evidence.wire import Line

    ended = threading.Event()
    senders = [Sender(Line(web, victim), ended) for victim in victims]
    began, busy, killed = time.monotonic(), [], 0
    clear = 0
    for sender in senders:
        sender.start()
    while killed < kills and all(sender.is_alive() for sender in senders):
        time.sleep(random.uniform(0.02, 0.4))
        if not any(sender.sending for sender in senders):
            continue
        busy.append(sum(sender.sending for sender in senders))
        web.kill()
        killed += 1
        clear += _in_clear(folder)
        _start(web)
    time.sleep(1)
    ended.set()
    for sender in senders:
        sender.join(60)
    return {
        "sigkills": killed,
        "seconds": round(time.monotonic() - began, 1),
        "least_sending_at_a_kill": min(busy, default=0),
        "cut": sum(sender.cut for sender in senders),
        "unexpected": [one for sender in senders for one in sender.unexpected],
        "files_in_clear": clear,
        **_kept(senders, folder),
    }


def _start(web):
    """Start it again; a busy machine may need several times its patience."""
    for _ in range(3):
        try:
            web.start()
        except RuntimeError:
            continue
        return
    raise RuntimeError(web.log()[-2000:])


def _in_clear(folder):
    """Return how many of the newest files hold a line that was sent."""
    places = sorted(Path(folder).rglob("*"), key=lambda path: path.stat().st_mtime)[-20:]
    return sum(MARK in path.read_bytes() for path in places if path.is_file())


def _kept(senders, folder):
    import pyrage
    from django.conf import settings

    from csirt.journal.models import Event
    from csirt.journal.verify import verify
    from csirt.kernel.clock import now
    from incidents.models import Evidence
    from incidents.services import custody

    identities = [pyrage.x25519.Identity.from_str(key) for key in settings.EVIDENCE_IDENTITIES]
    acknowledged = {sha for sender in senders for sha in sender.acknowledged.values()}
    rows = list(Evidence.objects.all())
    missing = wrong = 0
    for row in rows:
        path = Path(folder) / row.stored
        if not path.is_file():
            missing += 1
            continue
        opened = pyrage.decrypt(path.read_bytes(), identities)
        wrong += hashlib.sha256(opened).hexdigest() != row.sha256
    files = len(list((Path(folder) / "pieces").iterdir()))
    custody.sweep_orphans(now=now() + timedelta(hours=3))
    left = len(list((Path(folder) / "pieces").iterdir()))
    hashes = [row.sha256 for row in rows]
    events = Event.objects.filter(kind="evidence.received").count()
    verdict = verify()
    return {
        "acknowledged": len(acknowledged),
        "rows": len(rows),
        "lost": len(acknowledged - set(hashes)),
        "double": len(hashes) - len(set(hashes)),
        "rows_without_file": missing,
        "rows_of_another_hash": wrong,
        "rows_without_event": len(rows) - events,
        "orphans": files - len(rows),
        "orphans_after_the_sweep": left - len(rows),
        "chain": "intact" if verdict.bad is None else f"{verdict.bad}: {verdict.why}",
    }


WANTED = {
    "lost": 0,
    "double": 0,
    "rows_without_file": 0,
    "rows_of_another_hash": 0,
    "rows_without_event": 0,
    "orphans_after_the_sweep": 0,
    "files_in_clear": 0,
    "unexpected": [],
    "chain": "intact",
}


def main():
    kills = int(os.environ.get("KILLS", "500"))
    os.environ["CSIRT_EVIDENCE_FILES"] = "1000000"
    with desk() as profile:
        from django.core.files.storage import storages

        from tests.people import file_case
        from tests.server import Web

        folder = storages["default"].location
        with Web(CSIRT_EVIDENCE_FILES="1000000") as web:
            victims = [file_case() for _ in range(SENDERS)]
            figures = run(web, victims, folder, kills=kills)
    print(json.dumps({"bench": "uploads", "profile": profile, **figures}))
    sys.exit(not (figures["sigkills"] >= kills and figures == figures | WANTED))


if __name__ == "__main__":
    main()
