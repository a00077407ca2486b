"""20,000 wrong codes, from one address and then from two hundred, while an honest victim comes.

Pass: no code opens, and the slowest honest visit takes less than five seconds.
"""

import json
import logging
import os
import sys
import threading
import time

from bench._desk import desk

WANTED = 5.0  # seconds, of the slowest honest visit
ADDRESSES = (1, 200)
EACH = int(os.environ.get("TRIES", "20000")) // len(ADDRESSES)
GUESSERS = 2
PAUSE = 0.5  # seconds between two honest visits


def guess(addresses, count, found):
    """Try *count* random codes from so many addresses; add to *found* what came of them."""
    from django.db import connection
    from django.test import Client

    from csirt.kernel import codes
    from tests.reporters import waits

    for number in range(count):
        client = Client(REMOTE_ADDR=f"198.51.100.{number % addresses}")
        page = client.post("/suivi/", {"code": codes.random_code()}).content.decode()
        told = "effort" if waits(page) else "looked up"
        found.append("hit" if "sessionid" in client.cookies else told)
    connection.close()


def visit(victim):
    """Come with the right code from another address; return the seconds until the page is there."""
    from django.test import Client

    begun = time.monotonic()
    client = Client(REMOTE_ADDR="203.0.113.9")
    client.post("/suivi/", {"code": victim.code})
    if victim.reference not in client.get("/suivi/").content.decode():
        raise SystemExit("an honest victim was turned away")
    return time.monotonic() - begun


def main():
    with desk() as profile:
        from tests.people import file_case

        logging.disable(logging.WARNING)  # each refusal would be a line
        victim, found, taken, begun = file_case(), [], [], time.monotonic()
        for addresses in ADDRESSES:
            threads = [
                threading.Thread(target=guess, args=(addresses, EACH // GUESSERS, found))
                for _ in range(GUESSERS)
            ]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                taken.append(visit(victim))
                time.sleep(PAUSE)
        passed = time.monotonic() - begun
    hits = found.count("hit")
    print(
        json.dumps(
            {
                "bench": "codes",
                "profile": profile,
                "tries": len(found),
                "hits": hits,
                "looked_up": found.count("looked up"),
                "effort_asked": found.count("effort"),
                "seconds": round(passed),
                "honest_visits": len(taken),
                "slowest_honest_seconds": round(max(taken), 2),
                "wanted": WANTED,
            }
        )
    )
    sys.exit(bool(hits) or max(taken) >= WANTED)


if __name__ == "__main__":
    main()
