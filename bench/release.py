"""Releasing a case with fifty observables: the seconds that the worker spends.

Pass: the preview's job and the publication together take at most one second at the middle. Apart from
them, the building and checking of a case of three observables (wanted: 300 ms), and what python-stix2
needs to write the same fifty values as objects of its own, in the same run.
"""

import hashlib
import json
import statistics
import sys
import time

from bench._desk import desk

TIMES = 10
MANY, FEW = 50, 3
WANTED, WANTED_FEW = 1.0, 0.3  # seconds


def values(many, start):
    """Return *many* observables of four types, other ones for each case."""
    kinds = (
        ("ipv4", lambda n: f"198.51.{n // 250}.{n % 250 + 1}"),
        ("domain", lambda n: f"connexion-{n}.pirate.example"),
        ("url", lambda n: f"http://connexion-{n}.pirate.example/owa"),
        ("sha256", lambda n: hashlib.sha256(str(n).encode()).hexdigest()),
    )
    return [(kind, make(start + n)) for n in range(many) for kind, make in [kinds[n % 4]]]


def main():
    with desk() as profile:
        import stix2

        from api.models import Preview, Release
        from api.sharing import previews, publisher, releases, tasks
        from csirt.journal.models import Event
        from csirt.kernel.clock import now
        from tests.people import person
        from tests.sharing.desk import collection, of, qualified, settled

        alice, bruno = person("Alice", "analyst"), person("Bruno", "lead")
        green = collection(bruno)

        def released(case):
            """Return the seconds of the job, and of the publication."""
            row = previews.request_preview(
                incident=case.uuid, by=of(alice), collections=[green.uuid], now=now()
            )
            begun = time.perf_counter()
            tasks.build_preview.call(str(row.uuid))
            made = time.perf_counter()
            row = Preview.objects.get(pk=row.pk)
            found = releases.approve(
                preview=row.uuid, sha256=row.sha256, by=of(alice), now=settled()
            )
            event = Event.objects.filter(kind="share.released").latest("seq")
            approved = time.perf_counter()
            publisher.publish(event)
            done = time.perf_counter()
            if Release.objects.get(pk=found.pk).state != Release.State.PUBLISHED:
                raise SystemExit("The release was not published.")
            return made - begun, done - approved, row.objects_count

        def library():
            begun = time.perf_counter()
            for kind, value in values(MANY, 0):
                stix2.Indicator(
                    pattern=f"[file:name = '{kind} {value}']", pattern_type="stix",
                    valid_from="2026-01-31T10:00:00Z",
                ).serialize()  # fmt: skip
            return time.perf_counter() - begun

        released(qualified(alice, values=values(FEW, 9_000)))  # what is imported once is now
        few = [
            released(qualified(alice, values=values(FEW, 5_000 + n * FEW)))[0] for n in range(TIMES)
        ]
        many, libraries = [], []
        for n in range(TIMES):
            many.append(released(qualified(alice, values=values(MANY, 1_000 + n * MANY))))
            libraries.append(library())
    whole = statistics.median(made + done for made, done, _count in many)
    small = statistics.median(few)
    print(
        json.dumps(
            {
                "bench": "release",
                "profile": profile,
                "observables": MANY,
                "objects": many[0][2],
                "job_s": round(statistics.median(made for made, _done, _count in many), 3),
                "publish_s": round(statistics.median(done for _made, done, _count in many), 3),
                "whole_s": round(whole, 3),
                "few_s": round(small, 3),
                "stix2_indicators_s": round(statistics.median(libraries), 3),
                "wanted_s": [WANTED, WANTED_FEW],
            }
        )
    )
    sys.exit(whole > WANTED or small > WANTED_FEW)


if __name__ == "__main__":
    main()
