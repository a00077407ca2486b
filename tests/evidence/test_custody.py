"""What the worker does: the antivirus's three outcomes, and what nobody knows any more."""

import os
import socketserver
import struct
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest

from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents.evidence.sealing import Sealer
from incidents.models import Evidence, Incident, Scan
from incidents.services import custody
from tests.evidence.conftest import send, stored, visit
from tests.people import client_of

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 1024 * 1024  # StreamMaxLength of this one


class Clamd(socketserver.StreamRequestHandler):
    """What ``man clamd`` says of INSTREAM."""

    def handle(self):
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
            if len(content) > LIMIT:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        found = b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
        self.wfile.write(found)


@contextmanager
def clamd(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        settings.CLAMD = f"127.0.0.1:{server.server_address[1]}"
        yield
        server.shutdown()


OUTCOMES = {
    "clean": (b"bonjour", Scan.CLEAN, ""),
    "infected": (EICAR, Scan.INFECTED, "Eicar-Signature"),
    "too much for it": (os.urandom(1024) * 4096, Scan.UNSCANNED, ""),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_the_three_outcomes(denise, alice, settings, case):
    content, outcome, found = OUTCOMES[case]
    send(visit(denise), content)
    with clamd(settings):
        assert custody.scan_waiting(now=now()) == 1

    row = Evidence.objects.get()
    assert (row.scan, row.found) == (outcome, found)
    event = Event.objects.get(kind="evidence.scanned")
    assert (event.data["outcome"], event.data["found"]) == (outcome, found)
    page = client_of(alice).get(f"/console/dossiers/{denise.incident.uuid}/").content.decode()
    assert str(Scan(outcome).label) in page


def test_without_an_antivirus_a_file_is_said_unscanned(denise, settings):
    send(visit(denise))
    assert custody.scan_waiting(now=now()) == 1
    assert Evidence.objects.get().scan == Scan.UNSCANNED


def test_an_antivirus_that_is_away_is_asked_again_for_an_hour(denise, settings):
    settings.CLAMD = "127.0.0.1:1"
    send(visit(denise))
    assert custody.scan_waiting(now=now()) == 0
    assert Evidence.objects.get().scan == Scan.WAITING

    assert custody.scan_waiting(now=now() + timedelta(hours=2)) == 1
    assert Evidence.objects.get().scan == Scan.UNSCANNED


def test_scanning_is_not_of_a_process_without_the_key(denise, settings):
    send(visit(denise))
    settings.CLAMD, settings.EVIDENCE_IDENTITIES = "127.0.0.1:1", []
    assert custody.scan_waiting(now=now() + timedelta(hours=2)) == 0
    assert Evidence.objects.get().scan == Scan.WAITING


def aged(path, age):
    moment = (now() - age).timestamp()
    os.utime(path, (moment, moment))


def test_what_no_row_names_goes_within_a_day(denise):
    send(visit(denise))
    Sealer().finish()
    for path in stored():
        aged(path, timedelta(minutes=90))
    assert custody.sweep_orphans(now=now()) == 0  # it may still be arriving
    for path in stored():
        aged(path, timedelta(hours=3))

    assert custody.sweep_orphans(now=now()) == 1
    assert [path.name for path in stored()] == [Evidence.objects.get().stored.partition("/")[2]]


def test_the_files_of_an_erased_case_go(denise):
    send(visit(denise))
    Evidence.objects.all().delete()
    aged(stored()[0], timedelta(hours=3))

    assert custody.sweep_orphans(now=now()) == 1
    assert stored() == []
    assert Incident.objects.exists()


def test_an_empty_store_is_swept_too(db):
    assert custody.sweep_orphans(now=now()) == 0
