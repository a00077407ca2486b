"""``manage.py serve``: web and worker are started, watched, and ended together."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from csirt.environment import age_identity, signing_key
from tests.conftest import SERVICES
from tests.server import Process, Web
from tools import machine
from tools.servers import Postgres, free_port

WITHIN = 60  # seconds; a process that starts on a busy machine


class Serve(Web):
    """Web and worker together."""

    name = "serve"

    def __init__(self, **environment):
        super().__init__(**environment)
        del self.environment["CSIRT_ORIGINS"]  # it says them itself, on this machine

    @property
    def command(self):
        return [sys.executable, "manage.py", "serve", "--port", str(self.port)]

    def children(self):
        """Return the process ids by what they do."""
        pids = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        found = {}
        for pid in map(int, pids):
            with suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                found["tend" if b"tend" in words else "web"] = pid
        return found


def until(condition):
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def test_what_dies_is_started_again_and_all_end_together(transactional_db):
    with Serve() as serve:
        until(lambda: set(serve.children()) == {"web", "tend"})
        first = serve.children()
        for pid in first.values():
            os.kill(pid, signal.SIGKILL)
        until(lambda: set(serve.children()) == {"web", "tend"} and serve.answers())
        second = serve.children()
        serve.stop()

    assert not set(first.values()) & set(second.values())
    assert serve.process.returncode == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in second.values())


SLOW_TO_END = """
import signal, sys, time
def end(*_):
    time.sleep(3)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(60)
"""
SUPERVISE = f"""
import django; django.setup()
import sys
from csirt.kernel import clock
from csirt.management.commands.serve import supervise
at = supervise({{"slow": [sys.executable, "-c", {SLOW_TO_END!r}]}})
print((clock.real() - at).total_seconds(), flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_a_terminal_that_closes_ends_all_and_the_moment_of_it_is_told(number):
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISE], cwd=machine.ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "csirt.settings", "CSIRT_MODE": "test"},
    )  # fmt: skip
    assert supervisor.stdout.readline() == "up\n"
    supervisor.send_signal(number)
    told, _ = supervisor.communicate(timeout=WITHIN)

    assert supervisor.returncode == 0
    assert float(told) >= 3  # what the child took to end is no part of it


def test_the_workers_keys_are_kept_from_the_web_process(transactional_db, tmp_path):
    key = tmp_path / "key.pem"
    key.write_text(signing_key())
    with Serve(CSIRT_CHECKPOINT_KEY_FILE=str(key), CSIRT_EVIDENCE_IDENTITY=age_identity()) as serve:
        until(lambda: set(serve.children()) == {"web", "tend"})
        told = {
            name: Path(f"/proc/{pid}/environ").read_text() for name, pid in serve.children().items()
        }

    assert f"CSIRT_ORIGINS=http://127.0.0.1:{serve.port}," in told["web"]
    for name in ("CSIRT_CHECKPOINT_KEY_FILE=", "CSIRT_EVIDENCE_IDENTITY="):
        assert name in told["tend"]
        assert name not in told["web"]


def refused(*words, **environment):
    """Run a command that must not start; return what it says."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=machine.ROOT,
        env={**Process(**environment).environment, "DJANGO_SETTINGS_MODULE": "csirt.settings"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )

    assert done.returncode != 0
    return done.stdout.decode()


def test_an_unsafe_desk_is_not_served(transactional_db):
    web = ("-m", "uvicorn", "csirt.asgi:application", "--lifespan", "on", "--port")
    keys = {f"CSIRT_{name}": "changeme" * 8 for name in ("SECRET_KEY", "CODE_KEY", "SEEDS_KEY")}
    keys["CSIRT_PEPPER"] = "short"
    text = refused(*web, str(free_port()), CSIRT_MODE="production", CSIRT_HOSTS="*", **keys)

    for name in (*keys, "CSIRT_HOSTS"):
        assert name in text


def test_a_missing_key_is_named(transactional_db):
    text = refused("manage.py", "serve", CSIRT_MODE="production")

    assert "CSIRT_SECRET_KEY is not set" in text


def test_a_database_that_is_away_is_said(db):
    url = f"postgresql://desk:x@127.0.0.1:{free_port()}/desk"
    text = refused("manage.py", "serve", CSIRT_DATABASE_URL=url)

    assert "The database does not answer" in text
    assert "Traceback" not in text


def test_an_empty_database_is_not_served(db, tmp_path):
    text = refused("manage.py", "tend", CSIRT_DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")

    assert "manage.py migrate" in text


@pytest.mark.services
@pytest.mark.skipif(not SERVICES, reason="about PostgreSQL")
def test_a_postgresql_that_does_not_sync_is_refused(db):
    with Postgres(fsync="off", full_page_writes="off", synchronous_commit="off") as postgres:
        text = refused("manage.py", "serve", CSIRT_DATABASE_URL=postgres.url)

    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        assert f"PostgreSQL: {name} is off" in text
