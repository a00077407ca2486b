"""A real clamd for the tests, with one signature of our own: it needs no database from elsewhere."""

import socket
import subprocess

from tests.evidence.hostile import EICAR
from tools import machine
from tools.servers import Missing, Service

STREAM = 2 * 1024**2  # bytes that it takes; beyond, it hangs up
WHOLE = 1024**2  # bytes of a file that it looks into; beyond, it says so


class Clamd(Service):
    """ClamAV's daemon, on a port of the loopback address and on a socket."""

    name = "clamd"
    found = "Desk.Eicar.UNOFFICIAL"  # clamd adds the second word to what is not its makers'

    def __init__(self) -> None:
        program = machine.clamd()
        if program is None:
            raise Missing("clamd is not installed (apt-get install clamav-daemon)")
        super().__init__()
        self.program = program

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def socket_path(self) -> str:
        return str(self.folder / "socket")

    def prepare(self) -> None:
        known = self.folder / "known"
        known.mkdir()
        (known / "desk.ndb").write_text(f"Desk.Eicar:0:*:{EICAR.hex()}\n", encoding="ascii")
        lines = [
            "Foreground yes",
            f"DatabaseDirectory {known}",
            f"TemporaryDirectory {self.folder}",
            f"LogFile {self.folder}/log",
            f"LocalSocket {self.socket_path}",
            f"TCPSocket {self.port}",
            "TCPAddr 127.0.0.1",
            f"StreamMaxLength {STREAM}",
            f"MaxFileSize {WHOLE}",
            "AlertExceedsMax yes",
            "MaxThreads 2",
        ]
        (self.folder / "clamd.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def launch(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self.program, "-c", self.folder / "clamd.conf"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
                line.sendall(b"zPING\0")
                return line.recv(5) == b"PONG\0"
        except OSError:
            return False
