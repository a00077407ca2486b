"""Two thousand consoles at one web process: each receives, and nobody gets more than twenty.

``SOCKETS`` of them, twenty for each person, opened one after the other; then ``BURST`` changes at once,
after which every socket must have had every item; then each person asks for one more, which is refused.
Says what they cost in memory, and how long a page takes beside them. Needs as many open files.
"""

import json
import os
import sys
import time
from pathlib import Path

from bench._desk import desk

SOCKETS = int(os.environ.get("SOCKETS", "2000"))
BURST = int(os.environ.get("BURST", "50"))


def memory(pid):
    """Return what a process holds, in MB."""
    (line,) = [
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in line
    ]
    return int(line.split()[1]) // 1024


def run(web, people, *, sockets, burst):
    """Return the figures; *web* runs, *people* are analysts enough for *sockets*."""
    from bench import live
    from tests.live.desk import Console

    live.BURST, before = burst, memory(web.pid)
    begun = time.monotonic()
    consoles = live.Desk(web, people, sockets)
    opened = time.monotonic() - begun
    try:
        held = memory(web.pid)
        trial = live.trial(consoles, sockets, burst, 0, 60)
        with Console(web, people[0]) as more:
            more.dial()
            more.step(5)
            refused = more.closed
            begun = time.monotonic()
            status, _page = more.get("/console/")
            page = time.monotonic() - begun
    finally:
        consoles.close()
    return {
        "sockets": sockets,
        "seconds_to_open": round(opened, 1),
        "mb": held - before,
        "not_delivered": trial["not_delivered"],
        "resets": trial["resets"],
        "burst_p99_ms": trial["p99"],
        "the_21st": refused,
        "page": status,
        "page_ms": round(page * 1000),
    }


WANTED = {"not_delivered": 0, "resets": 0, "the_21st": 4429, "page": 200}


def main():
    with desk() as profile:
        from bench.live import EACH
        from csirt.accounts.roles import Role
        from tests.people import person
        from tests.server import Web

        people = [
            person(f"Personne {number}", Role.ANALYST, email=f"p{number}@exemple.fr")
            for number in range(-(-SOCKETS // EACH))
        ]
        with Web() as web:
            figures = run(web, people, sockets=SOCKETS, burst=BURST)
    print(json.dumps({"bench": "sockets", "profile": profile, **figures}))
    sys.exit(figures != figures | WANTED)


if __name__ == "__main__":
    main()
