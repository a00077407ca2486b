"""Eight processes file reports on SQLite at once: nobody is told "database is locked".

60 seconds unless ``SECONDS`` says otherwise. The test of case F11 runs the same thing, shorter.
"""

import json
import multiprocessing
import os
import sys
import time

from bench._desk import desk

PROCESSES = 8


def write(seconds, answers):
    """File reports for that long; put (filed, longest wait, errors) in *answers*."""
    from django.db import DatabaseError, connection

    from tests.people import file_case

    filed, worst, errors = 0, 0.0, []
    until = time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        try:
            file_case()
            filed += 1
        except DatabaseError as error:
            errors.append(str(error))
        worst = max(worst, time.monotonic() - began)
    connection.close()
    answers.put((filed, worst, errors))


def run(seconds):
    """Return the figures of so many seconds, on the empty database of this process."""
    from django.db import connection

    from tests.people import file_case

    file_case()  # what is read once is read now
    connection.close()  # no connection may be shared with a child
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    writers = [fork.Process(target=write, args=(seconds, answers)) for _ in range(PROCESSES)]
    for writer in writers:
        writer.start()
    told = [answers.get(timeout=seconds + 60) for _ in writers]
    for writer in writers:
        writer.join()
    counts = [filed for filed, _, _ in told]
    return {
        "processes": PROCESSES,
        "seconds": seconds,
        "filed": 1 + sum(counts),
        "least_by_one": min(counts),
        "longest_wait": round(max(worst for _, worst, _ in told), 3),
        "errors": [error for _, _, errors in told for error in errors],
    }


def main():
    os.environ["CSIRT_TEST_SERVICES"] = "0"
    with desk() as profile:
        figures = run(int(os.environ.get("SECONDS", "60")))
    print(json.dumps({"bench": "sqlite_writers", "profile": profile, **figures}))
    sys.exit(bool(figures["errors"]))


if __name__ == "__main__":
    main()
