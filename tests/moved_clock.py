"""A web process whose clock is ahead of the world's by as many seconds as a file says.

``python -m tests.moved_clock FILE HOST PORT``; the file is read again all the time. It imports
nothing of the tests, which would prepare a database of their own.
"""

import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import time_machine
import uvicorn


def _follow(file: Path, clock: time_machine.Traveller) -> None:
    held = 0.0
    while True:
        wanted = float(file.read_text() or held)
        if wanted != held:
            clock.shift(wanted - held)
            held = wanted
        time.sleep(0.02)


if __name__ == "__main__":
    where, host, port = sys.argv[1:]
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        threading.Thread(target=_follow, args=(Path(where), traveller), daemon=True).start()
        uvicorn.run(
            "csirt.asgi:application", host=host, port=int(port), lifespan="on", loop="uvloop",
            log_level="warning", ws_max_size=65536, ws_per_message_deflate=False,
            proxy_headers=False, access_log=False,
        )  # fmt: skip
