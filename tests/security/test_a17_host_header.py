"""A17: whatever a request says of our name, no link, mail or copy follows it; no page is kept.

That no answer at all is kept by a cache is asked of each address in ``tests/test_permissions.py``.
"""

import re
import socket
from contextlib import suppress

import pytest
import time_machine
from django.test import Client

from csirt.kernel.clock import now
from csirt.web.middleware import PROBES
from tests.intake.conftest import places, visitor  # noqa: F401 - fixtures
from tests.intake.test_followup import visit
from tests.intake.test_form_pages import TOWN
from tests.permissions_routes import PARAMETER, WORDS, site

EVIL = "pirate.example"
FORGED = {
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": f"//{EVIL}",
    "X-Host": EVIL,
    "X-HTTP-Host-Override": EVIL,
    "X-Original-URL": f"http://{EVIL}/",
    "X-Rewrite-URL": f"http://{EVIL}/",
    "Forwarded": f"host={EVIL};proto=https",
}
SAMPLES = "/console/aide/composants"  # of the demonstration; no two are alike
# What differs each time: the form's tokens, the number of the request.
NOISE = re.compile(
    rb'(?<=name="csrfmiddlewaretoken" value=")\w+|(?<=name="envoi" value=")\w+|'
    rb'(?<=<code translate="no">)[0-9a-f]{16}(?=</code>)|'
    rb'(?<="request_id":")[0-9a-f]{16}|(?<="challenge": ")[\w-]{43}'
)


def pages():
    """Return each address of the site that names no object and shows something of the desk.

    The probes have ``test_probes``.
    """
    for route in site():
        if f"/{route}" not in {*PROBES, SAMPLES} and set(PARAMETER.findall(route)) <= set(WORDS):
            yield "/" + PARAMETER.sub(lambda found: WORDS[found[1]], route)


def seen(client, path, headers=None):
    answer = client.get(path, headers=headers)
    kept = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    return answer.status_code, kept, NOISE.sub(b"#", answer.content)


def unmoved(client):
    """Ask for every page, honestly and with forged headers; return those with something to show."""
    shown = []
    for path in pages():
        with time_machine.travel(now(), tick=False):  # a copy says when it was made
            honest = seen(client, path)
            assert seen(client, path, FORGED) == honest, path
        assert EVIL.encode() not in honest[2]
        if honest[0] == 200:
            assert "no-store" in honest[1]["Cache-Control"], path
            shown.append(path)
        refused = client.get(path, headers={"Host": EVIL})
        assert refused.status_code == 400, path
        assert EVIL not in refused.text + str(refused.headers)
    return shown


def test_the_pages_of_who_is_not_known(db):
    assert {"/", "/signaler/danger/", "/suivi/", "/comptes/connexion/"} <= set(unmoved(Client()))


def test_the_pages_of_a_victim(denise):
    shown = set(unmoved(visit(denise)))

    assert {"/suivi/", "/suivi/telecharger/", "/suivi/resume/", "/suivi/fichiers/"} <= shown


def test_the_pages_of_who_fills_in_the_form(visitor):  # noqa: F811
    visitor.resume(TOWN)
    shown = set(unmoved(visitor.client))

    assert {"/signaler/verification/", "/signaler/ailleurs/"} <= shown


def test_the_confirmation_and_its_copy(visitor):  # noqa: F811
    held = visitor.held(visitor.resume(TOWN))
    sent = [
        NOISE.sub(b"#", visitor.client.post("/signaler/envoi/", held, headers=headers).content)
        for headers in ({}, FORGED)
    ]
    copies = [
        visitor.client.post("/signaler/envoi/copie/", held, headers=headers).text
        for headers in ({}, FORGED)
    ]

    assert sent[0] == sent[1]
    assert copies[0] == copies[1]
    assert "http://testserver/suivi/" in copies[0]
    for path in ("/signaler/envoi/", "/signaler/envoi/copie/"):
        answer = visitor.client.post(path, held, headers={"Host": EVIL})
        assert answer.status_code == 400
        assert EVIL not in answer.text


def asked(port, *lines):
    """Send these lines as a request; return the status and the page, without what differs."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(("\r\n".join([*lines, "Connection: close", "", ""])).encode())
        raw = b""
        with suppress(ConnectionResetError):
            while piece := line.recv(65536):
                raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    assert EVIL.encode() not in head
    return int(head.split()[1]), NOISE.sub(b"#", body)


@pytest.mark.parametrize("path", ["/", "/suivi/"])
def test_on_the_wire(live_desk, path):
    """An absolute address, two hosts, none: refused, or answered as ever."""
    port, own = live_desk.port, f"Host: 127.0.0.1:{live_desk.port}"
    honest = asked(port, f"GET {path} HTTP/1.1", own)
    assert honest[0] == 200
    strange = {
        "absolute": [f"GET http://{EVIL}{path} HTTP/1.1", own],
        "absolute and foreign": [f"GET http://127.0.0.1:{port}{path} HTTP/1.1", f"Host: {EVIL}"],
        "ours first": [f"GET {path} HTTP/1.1", own, f"Host: {EVIL}"],
        "ours last": [f"GET {path} HTTP/1.1", f"Host: {EVIL}", own],
        "no host": [f"GET {path} HTTP/1.0"],
        "other origin": [f"GET //{EVIL}{path} HTTP/1.1", own],
        "user": [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}@{EVIL}"],
    }
    for name, lines in strange.items():
        status, body = asked(port, *lines)
        assert status in {400, 404} or (status, body) == honest, name
        assert EVIL.encode() not in body, name
    assert asked(port, f"GET {path} HTTP/1.1", own) == honest
