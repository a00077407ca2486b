"""What this machine has, and what may be installed on it. Standard library only."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ROOM = 4 << 30  # bytes
POLICY = Path("/usr/sbin/policy-rc.d")


def chromium() -> str | None:
    """Return the path of a Chromium, or None. ``CSIRT_CHROMIUM`` names another one."""
    chosen = os.environ.get("CSIRT_CHROMIUM")
    return chosen or next(filter(None, map(shutil.which, CHROMIUM)), None)


def postgres() -> Path | None:
    """Return the folder of the newest PostgreSQL server's programs, or None."""
    found = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if path.with_name("postgres").exists()
    ]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def redis() -> str | None:
    """Return the path of a Redis (or Valkey) server, or None."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


def strace() -> str | None:
    """Return the path of strace, or None."""
    return shutil.which("strace")


def scratch() -> Path:
    """Return a folder for what the tests write: in memory where it has room, for they sync a lot.

    ``CSIRT_TEST_FOLDER`` names another one: a measurement wants a disk.
    """
    if named := os.environ.get("CSIRT_TEST_FOLDER"):
        return Path(named)
    memory = Path("/dev/shm")  # noqa: S108 - a folder of the user's own in it
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM:
        return memory / f"csirt-test-{os.geteuid()}"
    return ROOT / "var" / "test"


def dovecot() -> str | None:
    """Return the path of Dovecot, if it speaks IMAP, or None."""
    found = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return found if Path("/usr/lib/dovecot/imap").exists() else None


def clamd() -> str | None:
    """Return the path of ClamAV's daemon, or None."""
    return shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def nginx() -> str | None:
    """Return the path of nginx, or None."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def pango() -> bool:
    """Tell whether WeasyPrint can draw: with Pango, and the library that cuts fonts to size."""
    try:
        for name in ("libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"):
            ctypes.CDLL(name)
    except OSError:
        return False
    return True


def may_install() -> bool:
    """Return True where Debian packages can be installed without asking anybody."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> bool:
    """Install Debian *packages* without starting any service; return False if it failed."""
    print("Installing " + ", ".join(packages) + " (Debian packages)", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages],
    )
    with _nothing_started():
        for command in commands:
            done = subprocess.run(
                command,
                env=quiet,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            if done.returncode:
                print(done.stdout[-2000:], flush=True)
                return False
    return True


@contextmanager
def _nothing_started() -> Iterator[None]:
    """Tell Debian's packages, while this lasts, not to start their services."""
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            POLICY.unlink(missing_ok=True)
