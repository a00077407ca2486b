"""Attaching a playbook of fifteen steps or more to a case: milliseconds of the server.

Pass: the median is at most 50 ms. Beside it, one journalled change that writes one row (a note), in the
same run, in turns.
"""

import json
import statistics
import sys
import time

from bench._desk import desk

TIMES = 30
WANTED = 50.0  # ms
PLAYBOOK = "deni-de-service"


def timed(call):
    """Return the milliseconds on the clock, and those of this process alone."""
    begun, spent = time.perf_counter(), time.process_time()
    call()
    return (time.perf_counter() - begun) * 1000, (time.process_time() - spent) * 1000


def main():
    with desk() as profile:
        from csirt.accounts.principals import Person
        from csirt.kernel.clock import now
        from incidents.services import casework
        from playbooks.services import running
        from tests.people import file_case, person

        alice = Person.of(person("Alice", "analyst"))
        cases = [file_case().incident for _ in range(TIMES + 1)]

        def attach(case):
            running.attach(incident=case.uuid, playbook=PLAYBOOK, by=alice, now=now())

        def write(case):
            casework.add_note(incident=case.uuid, by=alice, text="Vu.", now=now())

        attach(cases.pop())  # what is read once is read now
        pairs = [
            (timed(lambda case=case: attach(case)), timed(lambda case=case: write(case)))
            for case in cases
        ]
        steps = cases[0].runs.get().steps.count()
    median = statistics.median(attached[0] for attached, _note in pairs)
    print(
        json.dumps(
            {
                "bench": "playbooks",
                "profile": profile,
                "steps": steps,
                "attach_ms": round(median, 1),
                "attach_cpu_ms": round(statistics.median(one[1] for one, _note in pairs), 1),
                "note_ms": round(statistics.median(note[0] for _attached, note in pairs), 1),
                "wanted_ms": WANTED,
            }
        )
    )
    sys.exit(median > WANTED or steps < 15)


if __name__ == "__main__":
    main()
