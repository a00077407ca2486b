"""Servers of the checkout's own, on free ports, under ``var/services``: PostgreSQL and Redis.

Nothing of the machine's own services is touched. Full sync stays on: that an acknowledged report
is durable is one of the things tested. Standard library only.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from tools import machine

SERVICES = machine.ROOT / "var" / "services"
STARTS_WITHIN = 60  # seconds; the first start also makes the cluster
STOPS_WITHIN = 20  # seconds
UNPRIVILEGED = ("postgres", "nobody")


class Missing(Exception):
    """A program is not on this machine; the sentence says which and how to get it."""


class Service:
    """One server process: its folder, its port, its process."""

    name = ""

    def __init__(self) -> None:
        self.folder = _folder(self.name)
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address to connect to, with the password."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self.process is not None, f"{self.name} is not running"
        return self.process.pid

    def prepare(self) -> None:
        """Make what must exist before the first start."""

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server's process."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Tell whether the server accepts work."""
        raise NotImplementedError

    def open(self) -> Self:
        """Make and start the server; leave nothing behind if that fails."""
        try:
            self.prepare()
            return self.start()
        except BaseException:
            self.stop()
            raise

    def start(self) -> Self:
        """Start the server and return once it answers; also after a kill, on the same port."""
        self.process = self.launch()
        deadline = time.monotonic() + STARTS_WITHIN
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.name} did not start:\n{self.log()[-2000:]}")
            time.sleep(0.05)
        return self

    def log(self) -> str:
        """Return what the server wrote."""
        file = self.folder / "log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def signal(self, number: int) -> None:
        """Send a signal to the server, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(STOPS_WITHIN)

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        end(self.process, signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.stop()


class Postgres(Service):
    """A PostgreSQL cluster that lives as long as its process."""

    name = "postgresql"

    def __init__(self, **parameters: str | int) -> None:
        """Take further *parameters* of the server, such as ``max_connections=20``."""
        programs = machine.postgres()
        if programs is None:
            raise Missing("PostgreSQL is not installed (apt-get install postgresql)")
        super().__init__()
        self.programs = programs
        self.parameters = {"max_connections": 200, **parameters}
        other = other_user() if os.geteuid() == 0 else None  # it refuses to run as root
        self.uid = other.pw_uid if other else None
        self.gid = other.pw_gid if other else None
        self.groups: list[int] | None = [] if other else None

    @property
    def url(self) -> str:
        return f"postgresql://desk:{self.password}@127.0.0.1:{self.port}/desk"

    def prepare(self) -> None:
        secret = self.folder / "secret"
        secret.write_text(self.password, encoding="ascii")
        secret.chmod(0o600)
        if self.uid is not None and self.gid is not None:
            os.chown(self.folder, self.uid, self.gid)
            os.chown(secret, self.uid, self.gid)
        self._run(
            *("initdb", "-D", self.folder / "data", "-U", "desk", "--pwfile", secret),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        )
        secret.unlink()

    def launch(self) -> subprocess.Popen[bytes]:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "on",
            "synchronous_commit": "on",
            **self.parameters,
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.folder,
                user=self.uid,
                group=self.gid,
                extra_groups=self.groups,
            )

    def answers(self) -> bool:
        ready = self._run("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), check=False)
        if ready.returncode:
            return False
        if "desk" not in self._databases():
            self._run("createdb", *self._where(), "desk")
        return True

    def _databases(self) -> list[str]:
        query = "select datname from pg_database"
        listing = self._run("psql", *self._where(), "-Atc", query, "postgres", check=False)
        return listing.stdout.decode().split()

    def _where(self) -> tuple[str, ...]:
        return ("-h", "127.0.0.1", "-p", str(self.port), "-U", "desk")

    def _run(
        self, program: str, *words: str | Path, check: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            [self.programs / program, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env={**os.environ, "PGPASSWORD": self.password},
            cwd=self.folder,
            user=self.uid,
            group=self.gid,
            extra_groups=self.groups,
        )
        if check and done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode(errors='replace')}")
        return done


class Redis(Service):
    """A Redis server that keeps nothing on disk."""

    name = "redis"

    def __init__(self) -> None:
        program = machine.redis()
        if program is None:
            raise Missing("Redis is not installed (apt-get install redis-server)")
        super().__init__()
        self.program = program

    @property
    def url(self) -> str:
        return f"redis://default:{self.password}@127.0.0.1:{self.port}/0"

    def launch(self) -> subprocess.Popen[bytes]:
        settings = (
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'save ""\nappendonly no\ndir "{self.folder}"\n'
        )
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [self.program, "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        assert process.stdin is not None
        process.stdin.write(settings.encode())
        process.stdin.close()
        return process

    def answers(self) -> bool:
        try:
            with (
                socket.create_connection(("127.0.0.1", self.port), timeout=1) as line,
                line.makefile("rb") as answers,
            ):
                line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False


def free_port() -> int:
    """Return a port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def end(process: subprocess.Popen[bytes] | None, number: int = signal.SIGTERM) -> None:
    """End *process*: ask with the signal *number*, then insist."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(number)
    process.send_signal(signal.SIGCONT)  # a frozen one could not hear it
    try:
        process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOPS_WITHIN)


@contextmanager
def both() -> Iterator[tuple[Postgres, Redis]]:
    """Run a PostgreSQL and a Redis while this lasts."""
    with Postgres() as postgres, Redis() as redis:
        yield postgres, redis


def other_user(who: str = "PostgreSQL") -> pwd.struct_passwd:
    """Return an account for a server that refuses to run as root; raises ``Missing``."""
    for name in UNPRIVILEGED:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise Missing(f"{who} does not run as root and no other user was found")


def _folder(name: str) -> Path:
    """Make a folder for a service: under var/services, or elsewhere if others may not enter it."""
    SERVICES.mkdir(parents=True, exist_ok=True)
    shut = any(not folder.stat().st_mode & stat.S_IXOTH for folder in SERVICES.parents)
    if os.geteuid() == 0 and (shut or not SERVICES.stat().st_mode & stat.S_IXOTH):
        return Path(tempfile.mkdtemp(prefix=f"csirt-{name}-"))
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=SERVICES))
