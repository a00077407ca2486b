"""Whole desks as processes of their own: one that is real, and one that exercises beside it."""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests.conftest import REQUIRE_ALL, SERVICES
from tests.migrated import template
from tools import machine
from tools.servers import end, free_port

PYTHON = sys.executable
NOT_OURS = re.compile(r"^CSIRT_(?!TEST_|REQUIRE_|CHROMIUM)")


class Instance:
    """One desk: its folder, its settings, and what is run with them."""

    def __init__(self, folder, **settings):
        self.folder, self.port = folder, free_port()
        clean = {k: v for k, v in os.environ.items() if not NOT_OURS.match(k)}
        self.environment = {**clean, "CSIRT_VAR": str(folder), **settings}
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder.with_name(f"{folder.name}.log")
        self.process = None

    def command(self, *words, under=()):
        return [*under, PYTHON, *words]

    def run(self, *words, under=(), **settings):
        """Run to the end; return the code and what was said."""
        done = subprocess.run(
            self.command(*words, under=under), cwd=machine.ROOT, timeout=280, check=False,
            env={**self.environment, **settings}, capture_output=True, text=True,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def manage(self, *words, **settings):
        """Run a command, which must go well; return what it said."""
        code, said = self.run("manage.py", *words, **settings)
        assert code == 0, said
        return said

    def python(self, code, under=()):
        """Run lines of Python in this desk; return what they print as JSON."""
        begin = "import django; django.setup()\n"
        settings = {"DJANGO_SETTINGS_MODULE": "csirt.settings", "PYTHONPATH": str(machine.ROOT)}
        status, said = self.run("-c", begin + code, under=under, **settings)
        assert status == 0, said
        return json.loads(said.strip().splitlines()[-1])

    @contextmanager
    def serving(self, *words, under=()):
        """Run the desk's processes until they are no longer needed."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command("manage.py", *words, "--port", str(self.port), under=under),
                cwd=machine.ROOT, env=self.environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        try:
            wait(lambda: self.get("/readyz").status_code == 200, 240, self.said)
            yield self
        finally:
            self.stop(traced=bool(under))

    def stop(self, *, traced):
        """End the desk; a tracer that is ended would let go of it and leave it running."""
        own = self.process.pid
        if traced:
            for child in Path(f"/proc/{own}/task/{own}/children").read_text().split():
                os.kill(int(child), signal.SIGTERM)
            self.process.wait(60)
        end(self.process)

    def said(self):
        return self.log.read_text(errors="replace")[-4000:]

    def get(self, path, **options):
        """Return the answer; 599 while nothing listens."""
        try:
            return httpx.get(self.url + path, timeout=20, **options)
        except httpx.HTTPError:
            return httpx.Response(599)

    def logged_in(self, email, password):
        """Return a browser of somebody who has an account."""
        browser = httpx.Client(base_url=self.url, follow_redirects=True, timeout=120)
        page = browser.get("/comptes/connexion/")
        fields = {"csrfmiddlewaretoken": csrf(page), "login": email, "password": password}
        answer = browser.post(
            "/comptes/connexion/", data=fields, headers={"Referer": str(page.url)}
        )
        assert answer.status_code == 200, answer.text[:500]
        return browser


def csrf(page):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]


def wait(until, seconds, told=lambda: ""):
    """Wait for something, and say what there is when it does not come."""
    last = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < last, told()
        time.sleep(0.2)


@contextmanager
def a_database(name, *, migrated=False):
    """Give a database of its own on the server of this profile; nothing for SQLite, which makes one."""
    if not SERVICES:
        yield {}
        return
    server, name = os.environ["CSIRT_TEST_DATABASE_URL"], f"{name}_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as line:
        line.execute(f"create database {name}" + (f" template {template()}" if migrated else ""))
        try:
            yield {"CSIRT_DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl()}
        finally:
            line.execute(f"drop database {name} with (force)")


def keys():
    """Return the secrets of a real desk, and its evidence's keys."""
    import pyrage

    pair = pyrage.x25519.Identity.generate()
    named = ("SECRET_KEY", "CODE_KEY", "SEEDS_KEY", "PEPPER")
    return {
        **{f"CSIRT_{name}": secrets.token_urlsafe(48) for name in named},
        "CSIRT_EVIDENCE_IDENTITY": str(pair),
        "CSIRT_EVIDENCE_RECIPIENT": str(pair.to_public()),
    }


def tracing(*options):
    """Return the beginning of a command whose system calls are seen; skips where none may be."""
    if machine.strace() is None:
        reason = "strace is not installed (apt-get install strace)"
        pytest.fail(reason) if REQUIRE_ALL else pytest.skip(reason)
    return ("strace", "-f", "-qq", "-e", "signal=none", *options)
