"""The worker is killed while it sends mail: none lost, none twice but where SMTP cannot tell.

One kill a mail, in turn: before the server has it, when the server has it and has not said so, and
around the moment at which the worker marks it. 500 mails unless ``MAILS`` says otherwise. Workers are
processes with the loop of ``tend``, forked from one that has read the code already. The test of case F9
runs the same thing, shorter.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import cycle

from bench._desk import desk

STAGES = ("recipient", "data", "mark")
FORKS = """
import os, sys, time, django
django.setup()
from csirt.management import periodic
from csirt.reference import bundle
bundle.shipped()  # not what admins set as well: no connection may be open when the fork is made
nursery = os.getpid()
for _ in sys.stdin:
    child = os.fork()
    while not child:
        os.getppid() == nursery or os._exit(0)
        periodic.turn("worker") or time.sleep(0.05)
    print(child, flush=True)
    os.waitpid(child, 0)
"""


class Nursery:
    """Starts one ``tend`` after the other."""

    def __init__(self, environment):
        self.process = subprocess.Popen(
            [sys.executable, "-c", FORKS],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.child = 0

    def fork(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        self.child = int(self.process.stdout.readline())

    def kill(self):
        child, self.child = self.child, 0
        if child:
            os.kill(child, signal.SIGKILL)
            self.fork()

    def end(self):
        self.process.stdin.close()
        if self.child:
            os.kill(self.child, signal.SIGTERM)
        self.process.wait(30)
        self.process.stdout.close()


class Deadly:
    """An SMTP server whose client is killed, once for each mail."""

    def __init__(self):
        self.got, self.names = Counter(), {}
        self.stages, self.planned, self.struck = cycle(STAGES), {}, set()
        self.kill = None
        self.last_kill = None

    def strikes(self, address, stage):
        """Tell whether this is where the worker dies for this mail."""
        if self.kill is None or address in self.struck:
            return False
        if address not in self.planned:
            self.planned[address] = next(self.stages)
        if self.planned[address] != stage:
            return False
        self.struck.add(address)
        return True

    def strike(self):
        from csirt.kernel.clock import now

        if self.kill is not None:
            self.kill()
            self.last_kill = now()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        if self.strikes(address, "recipient"):
            self.strike()
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        [address] = envelope.rcpt_tos
        lines = envelope.content.decode().splitlines()
        name = next(line for line in lines if line.startswith("Message-ID"))
        self.got[address] += 1
        self.names.setdefault(address, set()).add(name)
        if self.strikes(address, "data"):
            self.strike()
        if self.strikes(address, "mark"):
            threading.Timer(random.uniform(0, 0.03), self.strike).start()
        return "250 Accepted"


def run(environment, user, *, mails):
    """Return the figures. *environment* is that of a ``tend``; *user* an analyst."""
    from aiosmtpd.controller import Controller

    from incidents.models import Notice
    from tests.notifications.conftest import write
    from tests.people import file_case
    from tools.servers import free_port

    post, port = Deadly(), free_port()
    server = Controller(post, hostname="127.0.0.1", port=port)
    server.start()
    for number in range(mails):
        write(file_case(contact_email=f"p{number}@exemple.fr").incident, user)
    nursery = Nursery({**environment, "CSIRT_SMTP_URL": f"smtp://127.0.0.1:{port}"})
    began = time.monotonic()
    try:
        post.kill = nursery.kill
        nursery.fork()
        while time.monotonic() < began + 60 + 5 * mails:
            if Notice.objects.filter(state=Notice.State.SENT).count() == mails:
                break
            _let_time_pass(post.last_kill)
            time.sleep(0.05)
        post.kill = None
        time.sleep(0.1)  # a last stroke that is under way
    finally:
        nursery.end()
        server.stop()
    return figures(post, mails) | {"seconds": round(time.monotonic() - began, 1)}


def _let_time_pass(killed_at):
    """End the leases of dead workers: three minutes that nobody has to wait for."""
    from django.db import transaction

    from csirt.kernel.clock import now
    from incidents.models import Notice

    if killed_at is not None:
        left = Notice.objects.filter(state=Notice.State.WAITING, tried_at__lt=killed_at)
        with transaction.atomic():  # on SQLite, in the queue of the writers
            left.filter(due_at__gt=now()).update(due_at=now())


def figures(post, mails):
    """Return what was lost, and how many copies came beyond one for each mail."""
    from incidents.models import Notice

    stages = Counter(post.planned[address] for address in post.struck)
    again = sum(count - 1 for count in post.got.values())
    return {
        "mails": mails,
        "sigkills": dict(stages),
        "lost": mails - len(post.got),
        "not_marked": Notice.objects.exclude(state=Notice.State.SENT).count(),
        "again": again,
        "again_unexplained": max(0, again - stages["data"] - stages["mark"]),
        "under_another_name": sum(len(names) > 1 for names in post.names.values()),
    }


WANTED = {"lost": 0, "not_marked": 0, "again_unexplained": 0, "under_another_name": 0}


def main():
    mails = int(os.environ.get("MAILS", "500"))
    with desk() as profile:
        from csirt.accounts.roles import Role
        from tests.people import person
        from tests.server import Worker

        found = run(Worker().environment, person("Alice", Role.ANALYST), mails=mails)
    print(json.dumps({"bench": "outbox", "profile": profile, **found}))
    sys.exit(sum(found["sigkills"].values()) != mails or found != found | WANTED)


if __name__ == "__main__":
    main()
