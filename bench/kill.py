"""People file while web and worker are killed: nothing lost, nothing twice, no console wrong.

10,000 acknowledged reports and 20 SIGKILLs unless ``SUBMITS`` and ``KILLS`` say otherwise. Each
reporter keeps its form's token and tries again; consoles are real sockets that reconnect from their
cursor. The test of case F1 runs the same thing, shorter.
"""

import asyncio
import json
import os
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from itertools import cycle, islice

from bench._desk import desk

AT_ONCE = 12  # reporters
LEAST_IN_FLIGHT = 5  # at each kill
TEXT = "Un message m'envoie sur https://faux-{number}.example.net/compte"


class Follower(threading.Thread):
    """A console that reconnects for ever from where it stands."""

    def __init__(self, console):
        super().__init__(daemon=True)
        self.console, self.reconnects = console, -1
        self.ended = threading.Event()
        self.broken = None
        self.console.snapshot()
        self.start_seq = self.console.cursor
        self.start()

    def run(self):
        from websockets.exceptions import WebSocketException

        while not self.ended.is_set():
            try:
                self.console.open()
                self.reconnects += 1
                while not self.ended.is_set() and self.console.closed is None:
                    self.console.step(0.2)
            except (OSError, EOFError, WebSocketException):
                time.sleep(0.1)  # the server is away
            except AssertionError as error:
                self.broken = str(error)
                return
        self.console.close()

    def end(self):
        self.ended.set()
        self.join(30)


async def kill(crowd, victims, *, submits, kills):
    """Kill each of *victims* in turn, spread over the run; return (name, in flight) of each."""
    done = []
    for number, victim in enumerate(islice(cycle(victims), kills), 1):
        until = submits * number // (kills + 1)
        while len(crowd.shown) < until or crowd.in_flight < LEAST_IN_FLIGHT:
            if len(crowd.shown) >= submits:
                return done
            await asyncio.sleep(0.005)
        done.append((victim.name, crowd.in_flight))
        victim.kill()
        await asyncio.to_thread(victim.start)
    return done


def run(web, worker, cookies, *, submits, kills):
    """Return the figures. *web* and *worker* run, *cookies* are an analyst's, the desk is empty."""
    from tests.live.desk import Console
    from tests.reporters import Crowd

    crowd = Crowd(web.port, text=TEXT)

    async def both():
        killing = asyncio.create_task(kill(crowd, [web, worker], submits=submits, kills=kills))
        await crowd.file(submits, at_once=AT_ONCE)
        return await killing

    began = time.monotonic()
    with ExitStack() as stack:
        followers = [Follower(Console(web, None, cookies)) for _ in range(3)]
        for follower in followers:
            stack.callback(follower.end)
        killed = asyncio.run(both())
        took = time.monotonic() - began
        _settle(followers)
    in_flight = [count for _, count in killed]
    return {
        "acknowledged": len(crowd.shown),
        "seconds": round(took, 1),
        **_kept(crowd),
        "sigkills": dict(Counter(name for name, _ in killed)),
        "in_flight_at_kills": in_flight,
        "least_in_flight": min(in_flight, default=0),
        "tries_again": crowd.again,
        "refused_503": len(crowd.refused),
        "unexpected": len(crowd.unexpected),
        **_seen(followers),
    }


def _settle(followers, timeout=120):
    """Wait until the worker has read the whole journal and the consoles stand at its end."""
    from csirt.journal import consumers
    from csirt.journal.models import Event
    from csirt.kernel.clock import now

    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if not consumers.lag(now()):  # first: until then the worker writes more
            last = Event.objects.filter(incident__isnull=False).order_by("-seq").first()
            if all(f.broken or f.console.cursor >= last.seq for f in followers):
                return
        time.sleep(0.1)


def _kept(crowd):
    from csirt.journal.models import Event
    from csirt.journal.verify import verify
    from incidents import kinds
    from tests.reporters import kept

    lost, double, wrong = kept(crowd.shown)
    found = Counter(
        Event.objects.filter(kind=kinds.OBSERVED.name).values_list("incident", flat=True)
    )
    verdict = verify()
    return {
        "lost": len(lost),
        "double": double,
        "wrong_codes": len(wrong),
        "not_read_once_by_the_worker": len(crowd.shown) - sum(n == 1 for n in found.values()),
        "events": verdict.events,
        "chain": "intact" if verdict.bad is None else f"{verdict.bad}: {verdict.why}",
    }


def _seen(followers):
    from csirt.journal.models import Event
    from incidents.models import Incident

    written = dict(
        Event.objects.filter(incident__isnull=False).order_by("seq").values_list("seq", "kind")
    )
    live = {str(uuid): version for uuid, version in Incident.objects.values_list("uuid", "version")}
    missed = repeated = different = 0
    for follower in followers:
        seen = [seq for seq, _, _ in follower.console.seen]
        missed += len({seq for seq in written if seq > follower.start_seq} - set(seen))
        repeated += len(seen) - len(set(seen)) + (seen != sorted(seen))
        held = {case: row["version"] for case, row in follower.console.rows.items()}
        different += len(held.items() ^ live.items())
    return {
        "consoles": len(followers),
        "reconnects": sum(follower.reconnects for follower in followers),
        "resets": sum(len(follower.console.resets) for follower in followers),
        "missed": missed,
        "repeated_or_out_of_order": repeated,
        "rows_that_differ": different,
        "broken_protocol": [follower.broken for follower in followers if follower.broken],
    }


WANTED = {
    "lost": 0,
    "double": 0,
    "wrong_codes": 0,
    "not_read_once_by_the_worker": 0,
    "chain": "intact",
    "unexpected": 0,
    "resets": 0,
    "missed": 0,
    "repeated_or_out_of_order": 0,
    "rows_that_differ": 0,
    "broken_protocol": [],
}


def main():
    submits, kills = int(os.environ.get("SUBMITS", "10000")), int(os.environ.get("KILLS", "20"))
    with desk() as profile:
        from csirt.accounts.roles import Role
        from tests.people import cookies_of, person
        from tests.server import Web, Worker

        cookies = cookies_of(person("Alice", Role.ANALYST))
        with Web() as web, Worker() as worker:
            figures = run(web, worker, cookies, submits=submits, kills=kills)
    print(json.dumps({"bench": "kill", "profile": profile, **figures}))
    enough = figures["acknowledged"] == submits and sum(figures["sigkills"].values()) >= kills
    sys.exit(
        not (
            enough and figures["least_in_flight"] >= LEAST_IN_FLIGHT and figures == figures | WANTED
        )
    )


if __name__ == "__main__":
    main()
