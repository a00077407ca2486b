"""``make test``: install what is missing, then run the suite in each profile.

SQLite always; PostgreSQL and Redis too with ``CSIRT_TEST_SERVICES=1``. Words on the command line
go to pytest. With ``CSIRT_REQUIRE_ALL=1`` anything missing is a failure; else one line says what
was not run and why.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable

from tools import machine

WORKERS = "4"  # many tests wait for processes of their own: two for each core
PANGO = ("libpangoft2-1.0-0", "libharfbuzz-subset0")
NEEDS: dict[str, tuple[Callable[[], object], tuple[str, ...], str]] = {
    "chromium": (
        machine.chromium,
        ("chromium-headless-shell", "fonts-liberation"),
        "the tests in a browser",
    ),
    "strace": (machine.strace, ("strace",), "the test that each acknowledgement follows a sync"),
    "dovecot": (machine.dovecot, ("dovecot-imapd",), "the tests of incoming mail on a real server"),
    "clamd": (machine.clamd, ("clamav-daemon",), "the tests of the antivirus on a real one"),
    "nginx": (machine.nginx, ("nginx-light",), "the test of a whole deployment"),
    "pango": (machine.pango, PANGO, "the test of the confirmation as PDF"),
    "postgresql": (machine.postgres, ("postgresql",), "the suite on PostgreSQL"),
    "redis-server": (machine.redis, ("redis-server",), "the suite with Redis"),
}
OF_SERVICES = {"postgresql", "redis-server", "nginx"}
FEW = 10  # failures that are tried again alone


def main(words: list[str]) -> int:
    """Run the suite; return the exit code."""
    services = os.environ.get("CSIRT_TEST_SERVICES") == "1"
    missing = _provide([name for name in NEEDS if services or name not in OF_SERVICES])
    for name in missing:
        print(f"Not run: {NEEDS[name][2]}, because {name} is not installed", end=" ")
        print(f"(as root: apt-get install {' '.join(NEEDS[name][1])}).")
    if missing and os.environ.get("CSIRT_REQUIRE_ALL") == "1":
        return 1
    status = _suite(words, services=False)
    if services and not OF_SERVICES & set(missing):
        status = _suite(words, services=True) or status
    return status


def _provide(needed: list[str]) -> list[str]:
    """Install what is missing where that is possible; return what still is."""
    absent = [name for name in needed if not NEEDS[name][0]()]
    if absent and machine.may_install():
        machine.install(*(package for name in absent for package in NEEDS[name][1]))
    return [name for name in absent if not NEEDS[name][0]()]


def _suite(words: list[str], *, services: bool) -> int:
    print(f"== The suite on {'PostgreSQL and Redis' if services else 'SQLite'}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", WORKERS, *(words or ["--cache-clear"])]
    environment = {**os.environ, "CSIRT_TEST_SERVICES": "1" if services else "0"}
    status = _run(command, environment)
    if status == 1 and not words and (failed := _failed()) and len(failed) <= FEW:
        # Some tests kill, freeze and time real processes: on a machine that was busy one may fail
        # that does not fail alone. What fails alone too is a failure.
        print(f"== Once more, alone: {', '.join(failed)}", flush=True)
        status = _run([*command[:4], "-n", "0", "--last-failed"], environment)
    return status


def _run(command: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(
        command, cwd=machine.ROOT, env=environment, stdin=subprocess.DEVNULL, check=False
    ).returncode


def _failed() -> list[str]:
    """Return the names of the tests that failed in the last run."""
    path = machine.ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    return sorted(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
