"""A11: a body without end, or of too many parts, is cut at the limit by the desk itself.

No proxy stands before it here, as in the embedded profile.
"""

import http.client
import socket
import stat
import tempfile
import time
from pathlib import Path

import pytest
from django.conf import settings

from tests.conftest import FOLDER
from tools import machine

CUT_WITHIN = 1.0  # seconds after passing the limit
ROOM = 50 * 1024 * 1024  # bytes of memory and disk, besides the limit
PAGES = [
    "/signaler/recit/",
    "/signaler/envoi/",
    "/suivi/",
    "/comptes/connexion/",
    "/api/v1/incidents/",
]
CHUNK = 64 * 1024
FORM = "application/x-www-form-urlencoded"


def memory_of(pid):
    """Return the resident memory of a process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no process {pid}")


def held_by(pid):
    """Return the bytes of files without a name, or in no place of ours, that a process holds."""
    total = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target, file = str(link.readlink()), link.stat()
        except OSError:
            continue
        ours = any(Path(target).is_relative_to(own) for own in (machine.ROOT, FOLDER))
        spooled = target.endswith(" (deleted)") or not ours
        if spooled and stat.S_ISREG(file.st_mode):
            total += file.st_size
    return total


def test_a_file_that_has_no_name_any_more_is_seen():
    before = held_by("self")
    with tempfile.TemporaryFile(dir=machine.scratch()) as spool:
        spool.write(b"a" * CHUNK)
        spool.flush()

        assert held_by("self") - before == CHUNK


def head(path, port, **headers):
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Type: {FORM}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def pour(port, path, *, watch=lambda: None, most=200 * 1024 * 1024):
    """Send a body without end, in chunks; return (answer, bytes sent, seconds past the limit)."""
    sent, passed, answer = 0, None, b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(head(path, port, Transfer_Encoding="chunked"))
        piece = f"{CHUNK:x}\r\n".encode() + b"a" * CHUNK + b"\r\n"
        line.settimeout(0.005)
        while sent < most:
            try:
                line.settimeout(10)
                line.sendall(piece)
                sent += CHUNK
                watch()
                if passed is None and sent > settings.BODY_LIMIT:
                    passed = time.monotonic()
                line.settimeout(0.005)
                answer += line.recv(65536)
                break
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                break
        took = time.monotonic() - passed if passed else 0.0
        line.settimeout(0.2 if answer else 2)
        try:
            while more := line.recv(65536):
                answer += more
        except OSError:
            pass
    return answer, sent, took


@pytest.mark.parametrize("path", PAGES)
def test_a_body_without_length_is_cut_at_the_limit(live_desk, path):
    before, most = memory_of(live_desk.pid) + held_by(live_desk.pid), []

    answer, sent, took = pour(
        live_desk.port,
        path,
        watch=lambda: most.append(memory_of(live_desk.pid) + held_by(live_desk.pid)),
    )

    assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
    assert took < CUT_WITHIN
    assert sent < settings.BODY_LIMIT + ROOM
    assert max(most) - before < settings.BODY_LIMIT + ROOM


def test_a_length_that_is_too_great_is_refused_before_the_body(live_desk):
    with socket.create_connection(("127.0.0.1", live_desk.port), timeout=10) as line:
        began = time.monotonic()
        line.sendall(head("/signaler/recit/", live_desk.port, Content_Length=5 * 1024**3))
        answer = line.recv(65536)

    assert answer.startswith(b"HTTP/1.1 413")
    assert time.monotonic() - began < CUT_WITHIN


def answered(desk, body, kind):
    line = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=30)
    cookie = f"csrftoken={'c' * 32}"
    headers = {"Content-Type": kind, "Cookie": cookie, "X-CSRFToken": "c" * 32}
    line.request("POST", "/signaler/recit/", body, headers)
    response = line.getresponse()
    response.read()
    return response.status


def test_a_hundred_thousand_fields_are_refused(live_desk):
    body = "&".join(f"a{number}=b" for number in range(100_000)).encode()

    assert answered(live_desk, body, FORM) in {400, 413}


def test_ten_thousand_files_are_refused(live_desk):
    part = '--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nb\r\n'
    body = (part * 10_000 + "--x--\r\n").encode()

    assert answered(live_desk, body, "multipart/form-data; boundary=x") in {400, 413}


def test_the_desk_goes_on_meanwhile(live_desk):
    """Somebody pours without end; somebody else reads a page."""
    with socket.create_connection(("127.0.0.1", live_desk.port), timeout=10) as line:
        line.sendall(head("/signaler/recit/", live_desk.port, Transfer_Encoding="chunked"))
        line.sendall(b"400\r\n" + b"a" * 1024 + b"\r\n")
        reader = http.client.HTTPConnection("127.0.0.1", live_desk.port, timeout=10)
        reader.request("GET", "/signaler/danger/")

        assert reader.getresponse().status == 200
