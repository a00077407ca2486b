"""The whole deployment on this machine, as ``deploy/`` describes it; for trying and for tests.

    python -m tools.cluster          two web processes, two workers, PostgreSQL, Redis and nginx, until Ctrl+C

Everything listens on the loopback address and lives in a folder that goes with it.
"""

import os
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tools import machine
from tools.servers import STARTS_WITHIN, Missing, Postgres, Redis, Service, end, free_port

HOST = "csirt.example.org"  # as deploy/nginx.conf has it
PYTHON = machine.ROOT / ".venv" / "bin" / "python"


class Nginx(Service):
    """nginx with ``deploy/nginx.conf``, its ports and certificate replaced."""

    name = "nginx"

    def __init__(self, webs: tuple[int, int]) -> None:
        program = machine.nginx()
        if program is None:
            raise Missing("nginx is not installed (apt-get install nginx)")
        super().__init__()
        self.program, self.webs = program, webs

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        certificate(self.folder)
        text = (machine.ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        for old, new in (
            ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
            ("    listen [::]:80;\n", ""),
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
            ("    listen [::]:443 ssl;\n", ""),
            ("/etc/ssl/desk/", f"{self.folder}/"),
            ("/var/log/nginx/error.log", f"{self.folder}/log"),
            ("127.0.0.1:8001", f"127.0.0.1:{self.webs[0]}"),
            ("127.0.0.1:8002", f"127.0.0.1:{self.webs[1]}"),
        ):
            assert old in text, old
            text = text.replace(old, new)
        (self.folder / "desk.conf").write_text(text, encoding="utf-8")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "\n".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in kinds)
        user = "user root;\n" if os.geteuid() == 0 else ""  # else its folder is closed to it
        main = f"{user}worker_processes 1;\npid {self.folder}/pid;\nevents {{}}\n"
        http = f"http {{\n{paths}\naccess_log off;\ninclude {self.folder}/desk.conf;\n}}\n"
        (self.folder / "nginx.conf").write_text(main + http, encoding="utf-8")

    def launch(self) -> subprocess.Popen[bytes]:
        words = ["-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "log"]
        return subprocess.Popen(
            [self.program, *map(str, words), "-g", "daemon off;"],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def answers(self) -> bool:
        return _status(f"{self.url}/healthz") > 0


def certificate(folder: Path) -> None:
    """Write a certificate that nobody trusts, for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    today = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(hours=1))
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "privkey.pem").write_bytes(pem)
    (folder / "fullchain.pem").write_bytes(signed.public_bytes(Encoding.PEM))


class Part:
    """One process of the desk, as its unit starts it; it is started again when it is asked for."""

    def __init__(self, name: str, words: list[str], environment: dict[str, str], log: Path) -> None:
        self.name, self.words, self.environment, self.log_file = name, words, environment, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the process; it may take a while to be ready."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [PYTHON, "manage.py", *self.words],
                cwd=machine.ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask the process to end, and wait."""
        end(self.process)

    def kill(self) -> None:
        """End the process and all it started at once, as a crash of the machine's part would."""
        if self.process is not None and self.running:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")


class Cluster:
    """Two web processes, two workers, PostgreSQL, Redis and nginx."""

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="csirt-cluster-"))
        self.postgres, self.redis = Postgres(), Redis()
        self.ports = (free_port(), free_port())
        self.nginx = Nginx(self.ports)
        self.settings = settings
        self.webs: list[Part] = []
        self.tends: list[Part] = []

    def open(self) -> Self:
        """Make and start everything, in the order of ``deploy/README.md``."""
        try:
            self.postgres.open()
            self.redis.open()
            self._prepare()
            for part in self.parts:
                part.start()
            self.nginx.open()
            self.until_ready()
        except BaseException:
            self.close()
            raise
        return self

    @property
    def parts(self) -> list[Part]:
        return [*self.webs, *self.tends]

    def _prepare(self) -> None:
        etc, var = self.folder / "etc", self.folder / "var"
        var.mkdir()
        words = ["--folder", etc, "--host", HOST, "--name", "Grappe", "--phone", "05 00 00 00 00"]
        words += ["--email", f"desk@{HOST}", "--admin", f"ada@{HOST}", "--database", "postgresql"]
        subprocess.run(
            [PYTHON, "-m", "tools.first_run", *map(str, words)],
            cwd=machine.ROOT, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        own = {
            "PATH": os.environ["PATH"],
            "CSIRT_VAR": str(var),
            "CSIRT_DATABASE_URL": self.postgres.url,
            "CSIRT_REDIS_URL": self.redis.url,
            "CSIRT_TRUSTED_PROXIES": "127.0.0.1",
            **self.settings,
        }
        self.desk = {**read(etc / "desk.env"), **own}
        self.worker = {**read(etc / "worker.env"), **self.desk}
        for command in (["migrate", "--no-input"], ["collectstatic", "--no-input"]):
            self.run(*command)
        for port in self.ports:
            words_ = ["serve", "--no-tend", "--port", str(port)]
            self.webs.append(
                Part(f"web {port}", words_, self.desk, self.folder / f"web-{port}.log")
            )
        for number in (1, 2):
            log = self.folder / f"tend-{number}.log"
            self.tends.append(Part(f"tend {number}", ["tend"], self.worker, log))

    def run(self, *words: str, check: bool = True) -> str:
        """Run ``manage.py`` with the worker's settings; return what it says."""
        done = subprocess.run(
            [PYTHON, "manage.py", *words],
            cwd=machine.ROOT, env=self.worker, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def ready(self, port: int) -> bool:
        """Tell whether the web process at *port* can work."""
        return _status(f"http://127.0.0.1:{port}/readyz") == 200

    def until_ready(self) -> None:
        """Wait until both web processes can work; raises ``RuntimeError`` with what they wrote."""
        deadline = time.monotonic() + STARTS_WITHIN
        while not all(self.ready(port) for port in self.ports):
            if time.monotonic() > deadline:
                raise RuntimeError("\n".join(part.log()[-2000:] for part in self.parts))
            time.sleep(0.05)

    def close(self) -> None:
        """Stop everything and leave nothing."""
        self.nginx.stop()
        for part in self.parts:
            part.stop()
            part.kill()
        self.redis.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()


def read(path: Path) -> dict[str, str]:
    """Return the settings of a file, as systemd and a shell read it."""
    words = shlex.split(path.read_text(encoding="utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words)


def _status(url: str) -> int:
    """Return the status of an address, 0 when nobody answers."""
    untrusted = ssl.create_default_context()
    untrusted.check_hostname, untrusted.verify_mode = False, ssl.CERT_NONE
    try:
        asked = Request(url, headers={"Host": HOST})  # noqa: S310 - http and https, made here
        with urlopen(asked, timeout=3, context=untrusted) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except OSError:
        return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with Cluster() as cluster:
            print(f"{cluster.nginx.url} (Host: {HOST}); logs in {cluster.folder}; Ctrl+C ends it")
            signal.pause()
    except Missing as missing:
        sys.exit(str(missing))
    except KeyboardInterrupt:
        sys.exit(0)
