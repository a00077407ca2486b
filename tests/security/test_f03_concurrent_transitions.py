"""F3: many people change one case at once: one wins, the others learn what it has become."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice

import httpx
import pytest
from django.db import connection

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict
from incidents import kinds
from incidents.domain.lifecycle import TRANSITIONS, State, leaving
from incidents.models import Incident
from incidents.services.transitions import SERVICES
from tests.people import cookies_of, file_case

CLIENTS, TRIES = 50, 5
CSRF = "c" * 32
EDGES = {kind.name: TRANSITIONS[name] for name, kind in kinds.BY_EDGE.items()}


def given(name, into):
    """Return the fields that the edge *name* needs; *into* is another case."""
    values = {
        "kind": "incident",
        "category": "rancongiciel",
        "priority": "P2",
        "tlp": "amber",
        "reason": "Vu au téléphone.",
        "waiting_on": "victim",
        "until": now() + timedelta(days=2),
        "closing_words": "Merci, à bientôt.",
        "redirected_to": "n17",
        "consent": True,
        "into": into,
    }
    edge = TRANSITIONS[name]
    optional = {"reason"} & set(edge.optional)
    return {field: values[field] for field in {*edge.needs, *optional}}


def fold(case):
    """Return the state that the journal's events lead to; fail at an edge that is not in the graph."""
    state = State.NEW
    for event in Event.objects.filter(incident=case.pk).order_by("seq"):
        if edge := EDGES.get(event.kind):
            assert state in edge.sources, (event.seq, state, event.kind)
            state = State(event.data["state"])
            assert state in edge.targets
    return state


def follow(case, *names, by):
    """Take *case* along these edges; return it as it stands."""
    for name in names:
        case = SERVICES[name](
            incident=case.uuid, version=case.version, by=by, now=now(), **given(name, None)
        )
    return case


@pytest.fixture
def by(transactional_db, alice):
    return Person.of(alice)


async def all_at_once(desk, cookies, case, into):
    """Have every client follow an edge from the version that all of them saw."""
    names = [edge.name for edge in leaving(State(case.state))]
    headers = {"X-CSRFToken": CSRF}
    limits = httpx.Limits(max_connections=CLIENTS)
    async with httpx.AsyncClient(
        base_url=desk.url, cookies=cookies, headers=headers, limits=limits, timeout=60
    ) as client:

        async def ask(number):
            name = names[number % len(names)]
            fields = given(name, str(into.uuid)) | {"version": case.version}
            fields = {k: v.isoformat() if k == "until" else v for k, v in fields.items()}
            path = f"/api/v1/incidents/{case.uuid}/transitions/{name}/"
            for _again in range(TRIES):
                answer = await client.post(path, json=fields)
                if answer.status_code != 503:  # busy: nothing was done, and it says to ask again
                    break
                await asyncio.sleep(1)
            return answer

        return await asyncio.gather(*(ask(number) for number in range(CLIENTS)))


@pytest.mark.parametrize("before", [(), ("take",), ("take", "qualify")])
def test_exactly_one_wins_and_the_others_see_the_new_state(live_desk, alice, before):
    case = follow(file_case().incident, *before, by=Person.of(alice))
    into = file_case().incident
    cookies = cookies_of(alice) | {"csrftoken": CSRF}
    answers = asyncio.run(all_at_once(live_desk, cookies, case, into))
    won = [answer for answer in answers if answer.status_code == 200]
    lost = [answer for answer in answers if answer.status_code == 409]
    after = Incident.objects.get(pk=case.pk)

    assert (len(won), len(lost)) == (1, CLIENTS - 1), [(a.status_code, a.text) for a in answers]
    assert won[0].json()["state"] == after.state
    assert {answer.json()["state"] for answer in lost} == {after.state}
    assert after.version == case.version + 1
    assert fold(after) == after.state


def wander(case, into, by, seed):
    """Follow edges at random, from whatever version was seen last; return (done, conflicts)."""
    dice, done, conflicts = random.Random(seed), 0, 0
    try:
        while done + conflicts < 25:
            seen = Incident.objects.get(pk=case.pk)
            edges = list(leaving(State(seen.state)))
            name = dice.choice(edges).name
            try:
                SERVICES[name](
                    incident=seen.uuid,
                    version=seen.version,
                    by=by,
                    now=now(),
                    **given(name, into.uuid),
                )
                done += 1
            except Conflict as conflict:
                State(conflict.state)  # it says what the case has become
                conflicts += 1
    finally:
        connection.close()
    return done, conflicts


def test_the_state_is_what_the_events_lead_to(by):
    into = file_case().incident
    cases = [file_case().incident for _ in range(2)]
    with ThreadPoolExecutor(6) as people:
        walks = [
            people.submit(wander, case, into, by, seed)
            for seed, case in enumerate(list(islice(cases * 3, 6)))
        ]
        counts = [walk.result() for walk in walks]
    edges = Event.objects.filter(kind__in=EDGES)

    assert edges.count() == sum(done for done, _ in counts)
    for case in cases:
        after = Incident.objects.get(pk=case.pk)
        versions = edges.filter(incident=case.pk).order_by("seq").values_list("version", flat=True)
        assert fold(after) == after.state
        assert list(versions) == list(range(2, after.version + 1))
