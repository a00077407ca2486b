"""What the worker does: the antivirus's three outcomes, and what nobody knows any more."""

import io
import os
import zipfile
from datetime import timedelta

import pytest

from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents.evidence.sealing import Sealer
from incidents.models import Evidence, Incident, Scan
from incidents.services import custody
from tests.conftest import REQUIRE_ALL
from tests.evidence.conftest import send, stored, visit
from tests.evidence.hostile import EICAR
from tests.evidence.scanner import STREAM, WHOLE, Clamd
from tests.people import client_of
from tools import machine


def zipped(content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.com", content)
    return out.getvalue()


@pytest.fixture(scope="module")
def scanner():
    if machine.clamd() is None:
        reason = "clamd is not installed (apt-get install clamav-daemon)"
        pytest.fail(reason) if REQUIRE_ALL else pytest.skip(reason)
    with Clamd() as started:
        yield started


OUTCOMES = {
    "clean": (b"bonjour", Scan.CLEAN, ""),
    "infected": (EICAR, Scan.INFECTED, Clamd.found),
    "infected in a zip": (zipped(EICAR), Scan.INFECTED, Clamd.found),
    "too big to be looked into": (b"x" * (WHOLE + 1), Scan.UNSCANNED, ""),
    "too big to be taken": (b"x" * (STREAM + 1), Scan.UNSCANNED, ""),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_the_three_outcomes(denise, alice, settings, scanner, case):
    content, outcome, found = OUTCOMES[case]
    send(visit(denise), content)
    settings.CLAMD = scanner.url
    assert custody.scan_waiting(now=now()) == 1

    row = Evidence.objects.get()
    assert (row.scan, row.found) == (outcome, found)
    event = Event.objects.get(kind="evidence.scanned")
    assert (event.data["outcome"], event.data["found"]) == (outcome, found)
    page = client_of(alice).get(f"/console/dossiers/{denise.incident.uuid}/").content.decode()
    assert str(Scan(outcome).label) in page


def test_an_antivirus_on_a_socket_that_dies_and_comes_back_is_asked_again(
    denise, settings, scanner
):
    send(visit(denise), EICAR)
    settings.CLAMD = scanner.socket_path
    scanner.kill()
    assert custody.scan_waiting(now=now()) == 0
    assert Evidence.objects.get().scan == Scan.WAITING

    scanner.start()
    assert custody.scan_waiting(now=now()) == 1
    assert Evidence.objects.get().scan == Scan.INFECTED


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
