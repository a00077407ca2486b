"""Over a real connection: memory stays flat, a cut upload leaves nothing, and others are served."""

import hashlib
import os
import re
import shutil
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pyrage
import pytest

from csirt.kernel import codes
from incidents.models import Evidence
from tests.conftest import FOLDER
from tests.evidence.wire import Line
from tests.people import file_case
from tests.security.test_a11_oversized_body import held_by, memory_of
from tests.server import Web

BIG = 200 * 1024**2
ROOM = 60 * 1024**2  # bytes of memory that a file of any size may take


STORE = FOLDER / "streaming"  # not under /tmp, where nothing may be held


@pytest.fixture(scope="module")
def _desk(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        web = Web(CSIRT_EVIDENCE_FOLDER=str(STORE), CSIRT_EVIDENCE_MAX_MB="256")
    with web:
        yield web


@pytest.fixture
def desk(transactional_db, _desk):
    yield _desk
    shutil.rmtree(STORE, ignore_errors=True)


def files():
    folder = STORE / "pieces"
    return list(folder.iterdir()) if folder.is_dir() else []


def test_two_hundred_megabytes_take_no_memory(desk, settings):
    piece = os.urandom(1024**2)
    line = Line(desk, file_case())
    line.send(b"x" * 1024, codes.new_token())  # what is loaded once
    before, most = memory_of(desk.pid), []

    def pieces():
        for number in range(BIG // len(piece)):
            if number % 10 == 0:
                most.append(memory_of(desk.pid))
                assert held_by(desk.pid) == 0
            yield piece

    status, _ = line.stream(pieces(), BIG, codes.new_token())

    assert status == 302
    assert max(most) - before < ROOM, (before, max(most))
    row = Evidence.objects.get(size=BIG)
    assert row.sha256 == hashlib.sha256(piece * (BIG // len(piece))).hexdigest()
    identity = pyrage.x25519.Identity.from_str(settings.EVIDENCE_IDENTITIES[0])
    opened = pyrage.decrypt((STORE / row.stored).read_bytes(), [identity])
    assert hashlib.sha256(opened).hexdigest() == row.sha256


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_cut_upload_leaves_nothing(desk, share):
    line = Line(desk, file_case())
    body = line.body(b"z" * 2_000_000, codes.new_token())
    line.cut(body, int(len(body) * share))

    deadline = time.monotonic() + 10
    while files() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert files() == []
    assert Evidence.objects.count() == 0
    assert line.send(b"encore", codes.new_token())[0] == 302


def test_too_big_is_seen_as_a_page_while_the_browser_still_sends(desk):
    line = Line(desk, file_case())
    status, page = line.send(b"z" * (257 * 1024**2), codes.new_token())

    assert status == 413
    assert "Ce fichier est trop gros. Un fichier peut faire 256 Mo." in page
    assert files() == []


def test_a_body_without_length_is_refused_and_cut(desk):
    line = Line(desk, file_case())
    with socket.create_connection(("127.0.0.1", desk.port), timeout=15) as connection:
        connection.sendall(line.head(None, "multipart/form-data; boundary=b"))
        piece = b"10000\r\n" + b"a" * 65536 + b"\r\n"
        began, answer = time.monotonic(), b""
        try:
            while time.monotonic() - began < 15:
                connection.sendall(piece)
        except OSError:
            pass
        with suppress(OSError):
            answer = connection.recv(65536)
    assert time.monotonic() - began < 10
    assert not answer or b" 403 " in answer[:40]  # no form field can be read either
    assert files() == []


def test_those_who_send_slowly_do_not_hold_up_others(desk):
    slow = [Line(desk, file_case()) for _ in range(12)]
    with ExitStack() as stack:
        for line in slow:
            body = line.body(b"z" * 100_000, codes.new_token())
            connection = stack.enter_context(
                socket.create_connection(("127.0.0.1", desk.port), timeout=10)
            )
            connection.sendall(line.head(len(body), line.kind) + body[:5_000])
        line = Line(desk, file_case())
        began = time.monotonic()

        assert line.send(b"vite", codes.new_token())[0] == 302
        assert time.monotonic() - began < 5


def test_nothing_of_the_page_waits_for_a_file(desk):
    line = Line(desk, file_case())
    page = line.get("/suivi/")

    assert re.search(r'<form[^>]+action="/suivi/fichiers/"[^>]+multipart/form-data', page)
    assert Path(desk.log_file).exists()
