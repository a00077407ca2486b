"""From the commit of an event to its frame in every console, beside bare sockets and stock channels.

100 consoles at 100 events a second and 500 at 50, for ``SECONDS`` each, then bursts of ``BURST``
events at once; ``CONSOLES=100`` measures only the first. Latency counts from the commit's return.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.request import urlopen

from bench._desk import desk

SECONDS = int(os.environ.get("SECONDS", "5"))
BURST = int(os.environ.get("BURST", "400"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SIZES = {"100": 100, "500": 50}  # consoles: events a second
EACH = 20  # sockets of one person
SIZE = 600  # bytes of a frame of the contenders, about an item's


class Clients:
    """The process of the consoles."""

    def __init__(self, port, path):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench._live_clients", str(port), path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the clients ended"
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)


class Desk:
    """The desk with so many consoles: its events are notes on cases, through the service."""

    def __init__(self, web, people, consoles):
        from tests.live.desk import Console
        from tests.people import cookies_of, file_case

        self.cases = [file_case().incident for _ in range(BURST)]
        self.person = people[0]
        self.clients = Clients(web.port, "/ws/console/")
        for start in range(0, consoles, EACH):
            user = people[start // EACH]
            one = Console(web, user, cookies_of(user))
            one.snapshot()
            hello = json.dumps({"t": "hello", "epoch": one.epoch, "after": one.cursor})
            headers = f"Origin: {web.url}\r\nCookie: {one.cookie}\r\n"
            for _ in range(min(EACH, consoles - start)):
                self.clients.ask({"open": [headers, hello]})
        time.sleep(1)

    def publish(self, count, rate):
        """Return the moment after the commit of each event, by its number in the journal."""
        from csirt.accounts.principals import Person
        from csirt.journal import change
        from csirt.journal.models import Head
        from csirt.kernel.clock import now
        from incidents.services.casework import add_note

        by, moments = Person.of(self.person), {}

        def note(number):
            case = self.cases[number % len(self.cases)]
            add_note(incident=case.uuid, by=by, text="Un mot.", now=now())

        if not rate:
            before = Head.objects.get().seq
            change(lambda: [note(number) for number in range(count)])()
            moment = time.monotonic_ns()
            return {before + number: moment for number in range(1, count + 1)}
        begun = time.monotonic()
        for number in range(count):
            time.sleep(max(0, begun + number / rate - time.monotonic()))
            note(number)
            moment = time.monotonic_ns()
            moments[Head.objects.get().seq] = moment
        return moments

    def close(self):
        self.clients.close()


class Contender:
    """Another server with so many sockets, which sends events when it is asked to."""

    def __init__(self, server, consoles):
        self.server, self.clients = server, Clients(server.port, "/")
        for _ in range(consoles):
            self.clients.ask({"open": ["", ""]})

    def publish(self, count, rate):
        address = f"{self.server.url}/publish?n={count}&rate={rate}&size={SIZE}"
        with urlopen(address, timeout=300) as answer:
            return {int(seq): moment for seq, moment in json.load(answer).items()}

    def close(self):
        self.clients.close()


def trial(one, consoles, count, rate, within):
    """Publish, and return what came: latencies in ms, deliveries a second, what did not come."""
    one.clients.ask({"arm": count * consoles})
    moments = one.publish(count, rate)
    answer = one.clients.ask({"within": within})
    came = [(at, at - moments[seq]) for seq, at in answer["times"] if seq in moments]
    late = sorted(taken / 1e6 for _, taken in came)
    span = (max(at for at, _ in came) - min(moments.values())) / 1e9
    return {
        "p50": round(late[len(late) // 2], 1),
        "p99": round(late[int(len(late) * 0.99)], 1),
        "not_delivered": count * consoles - len(came),
        "resets": answer["resets"],
        "deliveries_per_second": round(len(came) / span),
    }


@contextmanager
def contenders():
    from tests.server import Web

    class Bare(Web):
        name = "bare"

        @property
        def command(self):
            return [sys.executable, "-m", "bench._live_contenders", str(self.port)]

        def answers(self):
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

    class Stock(Web):
        name = "stock"

        @property
        def command(self):
            served = {"csirt.asgi:application": "bench._live_contenders:stock"}
            return [served.get(word, word) for word in super().command]

    with Bare() as bare, Stock() as stock:
        yield {"transport": bare, "stock": stock}


def measure(web, others, people, consoles, rate):
    """Return the figures for so many consoles; rounds of each server take turns."""
    servers = {"desk": Desk(web, people, consoles)}
    servers |= {name: Contender(server, consoles) for name, server in others.items()}
    try:
        figures = {"desk": trial(servers["desk"], consoles, SECONDS * rate, rate, 30)}
        for name in others:
            # Stock collapses at this rate: it is given a fifth of it, and time to finish.
            events = SECONDS * rate if name == "transport" else SECONDS * rate // 5
            figures[name] = trial(servers[name], consoles, events, rate, 60)
        bursts = [
            {
                name: trial(one, consoles, BURST if name != "stock" else BURST // 5, 0, 120)
                for name, one in servers.items()
            }
            for _ in range(ROUNDS)
        ]
    finally:
        for one in servers.values():
            one.close()
    for name in servers:
        figures[name] |= {
            "burst": round(
                statistics.median(taken[name]["deliveries_per_second"] for taken in bursts)
            ),
            "burst_not_delivered": sum(taken[name]["not_delivered"] for taken in bursts),
        }

    def ratio(other):
        pairs = [
            taken["desk"]["deliveries_per_second"] / taken[other]["deliveries_per_second"]
            for taken in bursts
        ]
        return round(statistics.median(pairs), 2)

    return figures | {"of_transport": ratio("transport"), "times_stock": ratio("stock")}


def main():
    passed, sizes = True, os.environ.get("CONSOLES", "100,500").split(",")
    with desk() as profile:
        from csirt.accounts.roles import Role
        from tests.people import person
        from tests.server import Web

        most = max(int(size) for size in sizes)
        people = [
            person(f"Analyste {n}", Role.ANALYST, email=f"a{n}@exemple.fr")
            for n in range(-(-most // EACH))
        ]
        with Web() as web, contenders() as others:
            for size in sizes:
                figures = measure(web, others, people, int(size), SIZES[size])
                print(
                    json.dumps(
                        {
                            "bench": "live",
                            "profile": profile,
                            "consoles": int(size),
                            "rate": SIZES[size],
                            **figures,
                        }
                    )
                )
                own = figures["desk"]
                passed &= own["not_delivered"] == own["burst_not_delivered"] == own["resets"] == 0
                passed &= own["p99"] <= (150 if size == "100" else 300)
                passed &= size != "100" or (
                    figures["of_transport"] >= 0.6 and figures["times_stock"] >= 8
                )
    sys.exit(not passed)


if __name__ == "__main__":
    main()
