"""Reports filed a second, beside the raw durable commits a second of the same engine.

Both in the same minute, in turns, with the same number of writers and the same sync setting. A raw
commit is one row of some hundred bytes.
"""

import json
import multiprocessing
import os
import statistics
import sys
import time

from bench._desk import desk

WANTED = 0.5
ROUNDS = 5  # of each, in turns
SECONDS = 3.0


def raw(until):
    """Commit one row after the other; return how many."""
    from django.db import connection

    connection.ensure_connection()
    bare, count = connection.connection, 0
    begin = "BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN"
    cursor = bare.cursor()
    while time.monotonic() < until:
        cursor.execute(begin)
        cursor.execute("INSERT INTO bench_raw (words) VALUES ('un signalement, en une ligne')")
        cursor.execute("COMMIT")
        count += 1
    connection.close()
    return count


def filing(until):
    """File one report after the other; return how many."""
    from django.db import connection

    from tests.people import file_case

    count = 0
    while time.monotonic() < until:
        file_case()
        count += 1
    connection.close()
    return count


def rate(work, writers):
    """Return how many a second so many processes do together."""
    from django.db import connection

    connection.close()  # no connection may be shared with a child
    if connection.vendor == "postgresql":
        connection.close_pool()
    fork = multiprocessing.get_context("fork")
    answers, until = fork.Queue(), time.monotonic() + SECONDS
    workers = [
        fork.Process(target=lambda: answers.put(work(until)), daemon=True) for _ in range(writers)
    ]
    for worker in workers:
        worker.start()
    total = sum(answers.get(timeout=SECONDS + 60) for _ in workers)
    for worker in workers:
        worker.join()
    return total / SECONDS


def main():
    writers = int(os.environ.get("WRITERS", "2"))
    with desk() as profile:
        from django.db import connection

        from tests.people import file_case

        key = "INTEGER PRIMARY KEY" if connection.vendor == "sqlite" else "BIGSERIAL PRIMARY KEY"
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE bench_raw (id {key}, words TEXT)")
        file_case()  # what is read once is read now
        pairs = [(rate(raw, writers), rate(filing, writers)) for _ in range(ROUNDS)]
    ratio = statistics.median(filed / commits for commits, filed in pairs)
    print(
        json.dumps(
            {
                "bench": "filing",
                "profile": profile,
                "writers": writers,
                "raw_commits_per_second": round(statistics.median(pair[0] for pair in pairs)),
                "filed_per_second": round(statistics.median(pair[1] for pair in pairs)),
                "ratio": round(ratio, 2),
                "wanted": WANTED,
            }
        )
    )
    sys.exit(ratio < WANTED)


if __name__ == "__main__":
    main()
