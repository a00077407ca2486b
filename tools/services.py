"""A PostgreSQL and a Redis of the checkout's own, on free ports, under ``var/services``.

    python -m tools.services start            start both, print their addresses
    python -m tools.services stop             stop them
    python -m tools.services run [-- COMMAND] start both, run COMMAND with their addresses in its
                                              environment (without one: wait for Ctrl+C), stop both

Nothing of the machine's own services is touched. Full sync stays on: that an acknowledged report
is durable is one of the things tested. Standard library only.
"""

import grp
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from tools import machine

SERVICES = machine.ROOT / "var" / "services"
STATE = SERVICES / "state.json"
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
        other = _other_user() if os.geteuid() == 0 else None  # it refuses to run as root
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


class Dovecot(Service):
    """An IMAP server whose mailboxes live as long as its folder; any user, one password."""

    name = "dovecot"
    user = "desk"

    def __init__(self) -> None:
        program = machine.dovecot()
        if program is None:
            raise Missing("Dovecot is not installed (apt-get install dovecot-imapd)")
        super().__init__()
        self.program = program
        self.account = _other_user("Dovecot") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())

    @property
    def url(self) -> str:
        return f"imap://{self.user}:{self.password}@127.0.0.1:{self.port}/INBOX"

    def prepare(self) -> None:
        group = grp.getgrgid(self.account.pw_gid).gr_name
        who = f"uid={self.account.pw_uid} gid={self.account.pw_gid}"
        services = ("anvil", "imap-login", "stats", "config", "log", "auth", "imap")
        lines = [
            f"base_dir = {self.folder}/run",
            f"state_dir = {self.folder}/state",
            f"log_path = {self.folder}/log",
            "protocols = imap",
            "listen = 127.0.0.1",
            "ssl = no",
            "disable_plaintext_auth = no",
            f"default_login_user = {self.account.pw_name}",
            f"default_internal_user = {self.account.pw_name}",
            f"default_internal_group = {group}",
            "first_valid_uid = 1",
            f"mail_location = maildir:{self.folder}/mail/%u",
            f"passdb {{\n driver = static\n args = password={self.password}\n}}",
            f"userdb {{\n driver = static\n args = {who} home={self.folder}/mail/%u\n}}",
            *(f"service {name} {{\n chroot =\n}}" for name in services),
            f"service imap-login {{\n inet_listener imap {{\n port = {self.port}\n }}\n}}",
            "service imap-login {\n inet_listener imaps {\n port = 0\n }\n}",
        ]
        file = self.folder / "dovecot.conf"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        if os.geteuid() == 0:
            for path in (self.folder, file):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def launch(self) -> subprocess.Popen[bytes]:
        other = os.geteuid() == 0
        return subprocess.Popen(
            [self.program, "-F", "-c", self.folder / "dovecot.conf"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=self.folder,
            user=self.account.pw_uid if other else None,
            group=self.account.pw_gid if other else None,
            extra_groups=[] if other else None,
        )

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
                return line.recv(4) == b"* OK"
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


def _other_user(who: str = "PostgreSQL") -> pwd.struct_passwd:
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


def _start() -> int:
    if STATE.exists():
        _stop()
    running: list[dict[str, str | int]] = []
    postgres, redis = Postgres(), Redis()
    for service in (postgres, redis):
        service.open()
        running.append({"pid": service.pid, "folder": str(service.folder)})
        STATE.write_text(json.dumps(running), encoding="utf-8")
    print("\n".join(f"export {line}" for line in _addresses(postgres, redis)))
    return 0


def _stop() -> int:
    if not STATE.exists():
        print("Nothing of ours is running.")
        return 0
    running = json.loads(STATE.read_text(encoding="utf-8"))
    ours = [item["pid"] for item in running if _works_in(item["pid"], item["folder"])]
    for pid in ours:
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOPS_WITHIN
    while any(Path(f"/proc/{pid}").exists() for pid in ours):
        if time.monotonic() > deadline:
            print("Still running: " + ", ".join(map(str, ours)), file=sys.stderr)
            return 1
        time.sleep(0.1)
    for item in running:
        shutil.rmtree(item["folder"], ignore_errors=True)
    STATE.unlink()
    return 0


def _works_in(pid: int, folder: str) -> bool:
    """Tell whether process *pid* is still the server that works in *folder*."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    return False


def _addresses(postgres: Postgres, redis: Redis) -> list[str]:
    return [f"CSIRT_DATABASE_URL={postgres.url}", f"CSIRT_REDIS_URL={redis.url}"]


def _run(command: list[str]) -> int:
    with both() as (postgres, redis):
        lines = _addresses(postgres, redis)
        if command:
            environment = dict(line.split("=", 1) for line in lines)
            return subprocess.run(
                command, env={**os.environ, **environment}, check=False
            ).returncode
        print("\n".join(f"export {line}" for line in lines) + "\nCtrl+C stops both.", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()
        return 0


def main(words: list[str]) -> int:
    """Carry out the command line; return the exit code."""
    verb, rest = (words[0], words[1:]) if words else ("", [])
    try:
        if verb == "start" and not rest:
            return _start()
        if verb == "stop" and not rest:
            return _stop()
        if verb == "run":
            return _run(rest[1:] if rest[:1] == ["--"] else rest)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
