"""A PostgreSQL and a Redis of the checkout's own, on free ports, under ``var/services``.

    python -m tools.services start            start both, print their addresses
    python -m tools.services stop             stop them
    python -m tools.services run [-- COMMAND] start both, run COMMAND with their addresses in its
                                              environment (without one: wait for Ctrl+C), stop both

``tools.servers`` has the servers themselves. Standard library only.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tools.servers import SERVICES, STOPS_WITHIN, Missing, Postgres, Redis, both

STATE = SERVICES / "state.json"


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
