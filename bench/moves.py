"""People move cases while the web process is killed: each case is where its events say.

``MOVES`` acts (transitions and notes) by ``PEOPLE`` clients on ``CASES`` cases, with ``KILLS`` SIGKILLs
of the web process. A client that lost its answer reads the case again. Afterwards: no acknowledged act
or note without its event, no state but the one that the events lead to, versions without a gap, chain intact.
"""

import asyncio
import json
import os
import random
import sys
import time

import httpx

from bench._desk import desk

PEOPLE = 6
CSRF = "c" * 32


class Mover:
    """A client that follows edges at random, and writes notes, until it is told to stop."""

    def __init__(self, client, cases, into, seed):
        self.client, self.cases, self.into = client, cases, into
        self.dice = random.Random(seed)
        self.acknowledged = []  # (case, its version, edge) of each transition answered with 200
        self.notes = []  # (case, text) of each note answered with 302
        self.conflicts = self.cut = 0
        self.unexpected = []

    async def act(self):
        """Do one thing; return whether it was answered."""
        case = self.dice.choice(self.cases)
        try:
            answer = await self.client.get(f"/api/v1/incidents/{case}/")
            if answer.status_code == 200:
                change = self._note if self.dice.random() < 0.3 else self._go
                answer = await change(case, answer.json())
        except httpx.TransportError:
            answer = None
        if answer is None or answer.status_code == 503:
            self.cut += 1
            await asyncio.sleep(0.1)
            return False
        self.conflicts += answer.status_code == 409
        if answer.status_code not in {200, 302, 409}:
            self.unexpected.append((answer.status_code, answer.text[:300]))
        return True

    async def _note(self, case, seen):
        text = f"Un mot, {self.dice.getrandbits(64)}."
        fields = {"note-text": text, "version": seen["version"], "csrfmiddlewaretoken": CSRF}
        answer = await self.client.post(f"/console/dossiers/{case}/faire/note", data=fields)
        if answer.status_code == 302:
            self.notes.append((case, text))
        return answer

    async def _go(self, case, seen):
        from incidents.domain.lifecycle import State, leaving
        from tests.security.test_f03_concurrent_transitions import given

        name = self.dice.choice([edge.name for edge in leaving(State(seen["state"]))])
        fields = given(name, self.into) | {"version": seen["version"]}
        fields = {k: v.isoformat() if k == "until" else v for k, v in fields.items()}
        path = f"/api/v1/incidents/{case}/transitions/{name}/"
        answer = await self.client.post(path, json=fields)
        if answer.status_code == 200:
            self.acknowledged.append((case, seen["version"] + 1, name))
        return answer


async def _move(web, cookies, cases, into, *, moves, kills):
    headers = {"X-CSRFToken": CSRF, "Origin": web.url}
    async with httpx.AsyncClient(base_url=web.url, cookies=cookies | {"csrftoken": CSRF},
                                 headers=headers, timeout=30) as client:  # fmt: skip
        movers = [Mover(client, cases, into, seed) for seed in range(PEOPLE)]
        left = [moves]

        async def work(mover):
            while left[0] > 0:
                done = await mover.act()
                left[0] -= done

        async def kill():
            for number in range(1, kills + 1):
                while left[0] > moves - moves * number // (kills + 1):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                web.kill()
                await asyncio.to_thread(web.start)

        await asyncio.gather(kill(), *(work(mover) for mover in movers))
    return movers


def run(web, cookies, *, cases, moves, kills):
    """Return the figures. *web* runs, *cookies* are an analyst's."""
    from tests.people import file_case

    into = str(file_case().incident.uuid)
    there = [str(file_case().incident.uuid) for _ in range(cases)]
    begun = time.monotonic()
    movers = asyncio.run(_move(web, cookies, there, into, moves=moves, kills=kills))
    return {
        "moves": moves,
        "seconds": round(time.monotonic() - begun, 1),
        "sigkills": kills,
        "acknowledged": sum(len(mover.acknowledged) for mover in movers),
        "notes": sum(len(mover.notes) for mover in movers),
        "conflicts": sum(mover.conflicts for mover in movers),
        "cut": sum(mover.cut for mover in movers),
        "unexpected": [one for mover in movers for one in mover.unexpected][:3],
        "lost_notes": sum(_is_lost(*note) for mover in movers for note in mover.notes),
        **_kept(there, [one for mover in movers for one in mover.acknowledged]),
    }


def _is_lost(case, text):
    """Tell whether there is not exactly one such note, with its event."""
    from csirt.journal.models import Event
    from incidents import kinds
    from incidents.models import Note

    notes = Note.objects.filter(incident__uuid=case, text=text)
    found = [str(uuid) for uuid in notes.values_list("uuid", flat=True)]
    events = Event.objects.filter(kind=kinds.NOTED.name, object_id=case)
    told = [data["note"] for data in events.values_list("data", flat=True)]
    return len(found) != 1 or told.count(found[0]) != 1


def _kept(cases, acknowledged):
    from csirt.journal.models import Event
    from csirt.journal.verify import verify
    from incidents import kinds
    from incidents.models import Incident
    from tests.security.test_f03_concurrent_transitions import EDGES, fold

    lost = elsewhere = gaps = 0
    for row in Incident.objects.filter(uuid__in=cases):
        events = Event.objects.filter(incident=row.pk).order_by("seq")
        told = {event.version: event.kind for event in events if event.kind in EDGES}
        mine = [(version, edge) for case, version, edge in acknowledged if case == str(row.uuid)]
        lost += sum(told.get(version) != kinds.BY_EDGE[edge].name for version, edge in mine)
        lost += len(mine) - len(set(mine))
        elsewhere += fold(row) != row.state
        changes = sorted({event.version for event in events if event.version > 1})
        gaps += changes != list(range(2, row.version + 1))
    verdict = verify()
    return {
        "lost": lost,
        "not_where_the_events_say": elsewhere,
        "versions_with_a_gap": gaps,
        "events": verdict.events,
        "chain": "intact" if verdict.bad is None else f"{verdict.bad}: {verdict.why}",
    }


WANTED = {
    "unexpected": [],
    "lost": 0,
    "lost_notes": 0,
    "not_where_the_events_say": 0,
    "versions_with_a_gap": 0,
    "chain": "intact",
}


def main():
    sizes = {
        "cases": int(os.environ.get("CASES", "20")),
        "moves": int(os.environ.get("MOVES", "5000")),
        "kills": int(os.environ.get("KILLS", "20")),
    }
    with desk() as profile:
        from csirt.accounts.roles import Role
        from tests.people import cookies_of, person
        from tests.server import Web

        cookies = cookies_of(person("Alice", Role.ANALYST))
        with Web() as web:
            figures = run(web, cookies, **sizes)
    print(json.dumps({"bench": "moves", "profile": profile, **figures}))
    sys.exit(figures != figures | WANTED)


if __name__ == "__main__":
    main()
