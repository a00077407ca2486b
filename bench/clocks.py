"""The board of clocks with 1,000 running cases, and the complaint pack of a case with 200 events.

Time of the processor, which other programs of the machine do not lengthen, beside the time on the wall. Pass: p95 of the board is at
most 40 ms, its queries are as many as with one case, and the pack takes at most 3 seconds.
"""

import json
import sys
import time

from bench._desk import desk

CASES = 1_000
EVENTS = 200
TIMES = 40
BOARD_MS, PACK_S = 40.0, 3.0
BOARD = "/console/horloges/"


def timed(call):
    """Return the seconds of the processor and of the wall that *call* takes."""
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return time.process_time() - processor, time.perf_counter() - wall


def measure():
    """Return what was measured."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from csirt.accounts.principals import Person
    from csirt.journal.models import Event
    from csirt.kernel.clock import now
    from csirt.web import pdf
    from incidents.models import Clock, Incident
    from incidents.packing import making
    from incidents.services import clock_acts, following, observing
    from tests.people import client_of, file_case, person

    alice = person("Alice", "analyst")
    client, by = client_of(alice), Person.of(alice)
    queries = []
    case = file_case().incident
    for count in (1, CASES):
        for _ in range(count - 1):
            file_case()
        client.get(BOARD)
        with CaptureQueriesContext(connection) as asked:
            client.get(BOARD)
        queries.append(len(asked))
    took = sorted(timed(lambda: client.get(BOARD)) for _ in range(TIMES))
    text = " ".join(f"203.0.113.{n}" for n in range(50))
    observing.paste_observables(incident=case.uuid, by=by, text=text, now=now())
    for number in range((EVENTS - Event.objects.filter(incident=case.pk).count()) // 2 + 1):
        token = f"{number:032x}"
        following.write_to_victim(
            incident=case.uuid, by=by, token=token, text=f"Message {number}.", now=now()
        )
        version = Incident.objects.values_list("version", flat=True).get(pk=case.pk)
        what = {"duty": "cnil-art33-72h", "version": version, "incident": case.uuid, "by": by}
        if number % 2 == 0:
            clock_acts.meet(**what, at=now(), how="Récépissé.", now=now())
        else:
            clock_acts.reopen(**what, now=now())
    seconds = None
    if pdf.can_draw():
        row = Incident.objects.get(pk=case.pk)
        seconds = sorted(timed(lambda: making.draw(row)) for _ in range(3))[1]
    return {
        "engine": connection.vendor,
        "cases": CASES,
        "running clocks": Clock.objects.filter(running=True).count(),
        "board p50, ms": [round(one * 1000, 1) for one in took[len(took) // 2]],
        "board p95, ms": [round(one * 1000, 1) for one in took[int(len(took) * 0.95)]],
        "queries with 1 case and with all": queries,
        "events of the pack's case": Event.objects.filter(incident=case.pk).count(),
        "pack, s": [round(one, 2) for one in seconds] if seconds else "no pango",
    }


def main():
    with desk() as profile:
        found = measure()
    print(json.dumps({"bench": "clocks", "profile": profile, **found}, ensure_ascii=False))
    queries = found["queries with 1 case and with all"]
    slow = found["board p95, ms"][0] > BOARD_MS or queries[0] != queries[1]
    pack = found["pack, s"]
    sys.exit(slow or (isinstance(pack, list) and pack[0] > PACK_S))


if __name__ == "__main__":
    main()
