"""The desk as real processes, on a free port, against this test's own database."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from django.db import connection

from tests.conftest import FOLDER
from tools import machine
from tools.servers import end, free_port

STARTS_WITHIN = 60  # seconds; a busy machine is slow


def database_url() -> str:
    """Return the address of the database that this test works on."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    login = f"{quote(settings['USER'])}:{quote(settings['PASSWORD'])}"
    return f"postgresql://{login}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"


class Process:
    """One process of the desk; ``environment`` replaces variables of the test's own."""

    name = "process"

    def __init__(self, **environment: str) -> None:
        self.environment = {
            **{
                key: value
                for key, value in os.environ.items()
                if key != "DJANGO_ALLOW_ASYNC_UNSAFE"
            },
            "CSIRT_DATABASE_URL": database_url(),
            "CSIRT_DRAFTS_ADDRESS": "1000000",
            "CSIRT_REPORTS_ADDRESS": "1000000",  # every reporter of a test has the same address
            "CSIRT_REPORTS_DESK": "1000000",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.log_file: Path = FOLDER / f"{self.name}-{free_port()}.log"

    @property
    def command(self) -> list[str]:
        raise NotImplementedError

    @property
    def pid(self) -> int:
        """The process id, to stop, freeze or kill it."""
        assert self.process is not None, f"{self.name} is not running"
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def answers(self) -> bool:
        """Tell whether the process accepts work."""
        return self.running

    def start(self) -> Self:
        """Start the process and return once it accepts work; also after a kill."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=machine.ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while not self.answers():
            if not self.running or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.name} did not start:\n{self.log()[-4000:]}")
            time.sleep(0.02)
        return self

    def log(self) -> str:
        """Return what the process wrote."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def signal(self, number: int) -> None:
        """Send a signal, if the process runs."""
        if self.process is not None and self.running:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def stop(self) -> None:
        """Ask the process to end, and wait."""
        end(self.process)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class Web(Process):
    """The web server; ``url`` is its address, without a slash at the end."""

    name = "web"

    def __init__(self, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.socket_url = f"ws://127.0.0.1:{self.port}"
        named = f"http://localhost:{self.port}"  # for passkeys, which know no address in numbers
        super().__init__(**{"CSIRT_ORIGINS": f"{self.url},{named}", **environment})

    @property
    def command(self) -> list[str]:
        from csirt.management.commands.serve import web_command  # plugins load before the apps

        return web_command("127.0.0.1", self.port)

    def answers(self) -> bool:
        return self._says_ok("healthz")

    def ready(self) -> bool:
        """Tell whether the database answers and the consoles are fed from it."""
        return self._says_ok("readyz")

    def _says_ok(self, page: str) -> bool:
        try:
            with urlopen(f"{self.url}/{page}", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False


class Worker(Process):
    """The worker and periodic loop: ``manage.py tend``."""

    name = "worker"

    @property
    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "tend"]


@pytest.fixture(scope="session")
def _web(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        web = Web()
    yield web
    web.stop()


@pytest.fixture
def live_desk(transactional_db, _web):
    """Return a running ``Web`` whose database is the test's; rows are gone after the test."""
    if not _web.running:
        _web.start()
    deadline = time.monotonic() + STARTS_WITHIN
    while not _web.ready():  # it may not have seen yet that the test before took its rows along
        assert time.monotonic() < deadline, _web.log()[-4000:]
        time.sleep(0.02)
    return _web


@pytest.fixture
def live_worker(live_desk):
    """Return a running ``Worker`` beside ``live_desk``."""
    with Worker() as worker:
        yield worker
