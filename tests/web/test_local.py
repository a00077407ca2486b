"""The demonstration answers this machine alone, and every page says what it is."""

import shutil
import subprocess
import sys

import httpx
import pytest
from channels.testing import WebsocketCommunicator
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import get_resolver

from csirt.asgi import application
from tests.people import client_of
from tools import machine

HERE, ELSEWHERE = ("127.0.0.1", 5000), ("192.0.2.9", 5000)
PAGES = ("text/html",)
FACULTATIVE = "Le second facteur est facultatif sur cette machine."


async def status(peer, path):
    transport = httpx.ASGITransport(app=application, client=peer)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as visitor:
        return (await visitor.get(path)).status_code


@pytest.mark.parametrize("path", ["/healthz", "/taxii2/", "/suivi/fichiers/"])
async def test_a_visitor_from_elsewhere_is_refused_whatever_host_they_name(path):
    assert await status(ELSEWHERE, path) == 403


async def test_this_machine_is_answered():
    assert await status(HERE, "/healthz") == 200


@pytest.mark.parametrize("peer", [ELSEWHERE, None, ("", 0)])
async def test_no_socket_is_opened_from_elsewhere(peer):
    headers = [(b"host", b"127.0.0.1"), (b"origin", b"https://127.0.0.1")]
    socket = WebsocketCommunicator(application, "/ws/console/", headers=headers)
    socket.scope["client"] = peer

    accepted, code = await socket.connect()

    assert not accepted
    assert code == 1008


def test_it_does_not_listen_elsewhere():
    with pytest.raises(CommandError, match=r"this machine only, not 0\.0\.0\.0"):
        call_command("serve", "--host", "0.0.0.0")


def plain(patterns, prefix=""):
    """Yield each address that names no object."""
    for one in patterns:
        route = prefix + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from plain(one.url_patterns, route)
        elif "<" not in route and "(" not in route:
            yield f"/{route}"


def test_every_page_says_that_the_second_factor_is_optional(db, settings, alice):
    settings.DEMO = settings.SECOND_FACTOR_OPTIONAL = True
    asked = {*plain(get_resolver().url_patterns), "/absent", "/console/dossiers/absent/"}
    asked -= {"/healthz", "/readyz"}  # no pages, and they close the connection
    for visitor in (Client(headers={"host": "127.0.0.1"}), client_of(alice)):
        visitor.defaults["HTTP_HOST"] = "127.0.0.1"
        silent = {
            path: answer.status_code
            for path in sorted(asked)
            if (answer := visitor.get(path)).headers.get("Content-Type", "").startswith(PAGES)
            and answer.status_code not in {204, 301, 302}
            and FACULTATIVE not in answer.content.decode()
        }

        assert silent == {}


def test_a_checkout_with_a_demonstration_works_on_it(tmp_path):
    """A bare ``manage.py`` uses the demonstration's settings where there is one."""
    shutil.copy(machine.ROOT / "manage.py", tmp_path)
    ask = "from django.conf import settings; print(settings.MODE)"
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(machine.ROOT)}
    environment |= {"CSIRT_VAR": str(tmp_path / "var" / "demo")}

    def mode():
        return subprocess.run(
            [sys.executable, tmp_path / "manage.py", "shell", "--no-imports", "-c", ask],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    without = mode()
    (tmp_path / "var" / "demo" / "keys").mkdir(parents=True)
    beside = mode()

    assert "CSIRT_SECRET_KEY is not set" in without.stderr
    assert beside.stdout.strip() == "demo", beside.stderr
