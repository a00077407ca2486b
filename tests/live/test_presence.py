"""Who looks at a case: shared, never journalled, and it ends by itself."""

from uuid import uuid4

import pytest

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents.live.presence import LASTS, Look, Presence
from incidents.services import casework
from tests.conftest import SERVICES
from tests.live.desk import Console
from tests.people import file_case
from tests.server import Web


def at(console, case, doing="read"):
    console.send({"t": "at", "id": str(case.uuid), "doing": doing})


def people(console):
    who = [frame for frame in console.frames if frame["t"] == "who"]
    return {person["name"]: person["doing"] for person in who[-1]["people"]} if who else None


def test_two_at_one_case_see_each_other(live_desk, alice, bruno, denise):
    before = Event.objects.count()
    with Console(live_desk, alice) as hers, Console(live_desk, bruno) as his:
        hers.dial()
        his.dial()
        at(hers, denise.incident)
        hers.until(lambda: people(hers) == {"Alice": "read"})
        at(his, denise.incident, "write")
        hers.until(lambda: people(hers) == {"Alice": "read", "Bruno": "write"})
        his.until(lambda: people(his) == {"Alice": "read", "Bruno": "write"})
        at(his, file_case().incident)
        hers.until(lambda: people(hers) == {"Alice": "read"})
        at(his, denise.incident, "idle")
        hers.until(lambda: people(hers) == {"Alice": "read", "Bruno": "idle"})
        his.close()
        hers.until(lambda: people(hers) == {"Alice": "read"})

    assert Event.objects.filter(incident=denise.incident.pk).count() == before


def test_a_hidden_case_and_an_absent_one_answer_the_same(live_desk, alice, bruno, denise):
    casework.restrict(
        incident=denise.incident.uuid, version=1, by=Person.of(bruno), people=[], now=now()
    )
    with Console(live_desk, alice) as console:
        console.dial()
        at(console, denise.incident)
        console.send({"t": "at", "id": str(uuid4()), "doing": "read"})
        console.until(lambda: len(console.frames) == 2)

        assert console.frames == [{"t": "err", "code": "not-found"}] * 2


def test_who_loses_the_case_leaves_it(live_desk, alice, bruno, denise):
    with Console(live_desk, alice) as hers, Console(live_desk, bruno) as his:
        hers.dial()
        his.dial()
        at(hers, denise.incident)
        at(his, denise.incident)
        his.until(lambda: people(his) == {"Alice": "read", "Bruno": "read"})
        hers.drain()
        casework.restrict(
            incident=denise.incident.uuid, version=1, by=Person.of(bruno), people=[], now=now()
        )
        his.until(lambda: people(his) == {"Bruno": "read"})
        seen = len(hers.frames)
        at(his, denise.incident, "write")
        hers.drain()

        assert len(hers.frames) == seen


@pytest.mark.skipif(not SERVICES, reason="one process shares presence with nobody")
def test_presence_is_shared_between_processes(live_desk, alice, bruno, denise):
    with Web() as second, Console(live_desk, alice) as hers, Console(second, bruno) as his:
        hers.dial()
        his.dial()
        at(hers, denise.incident)
        at(his, denise.incident)
        hers.until(lambda: people(hers) == {"Alice": "read", "Bruno": "read"})


def test_two_processes_serve_the_same_events(live_desk, alice, bruno, denise):
    with Web() as second, Console(live_desk, alice) as hers, Console(second, bruno) as his:
        hers.start()
        his.start()
        casework.add_note(incident=denise.incident.uuid, by=Person.of(alice), text="Vu.", now=now())
        for console in (hers, his):
            console.until(lambda c=console: c.seen and c.seen[-1][1] == "note.written")

        assert hers.check()["digest"] == his.check()["digest"]


def test_it_expires():
    presence = Presence()
    case = uuid4()
    presence.at("a", Look(case, "1", "Alice", "read", until=LASTS))
    presence.at("b", Look(case, "2", "Bruno", "read", until=LASTS + 10))

    assert presence.expire(LASTS + 1) == {case}
    assert [person["name"] for person in presence.people(case)] == ["Bruno"]


def test_two_windows_of_one_person_are_one_person_doing_the_most():
    presence = Presence()
    case = uuid4()
    presence.at("a", Look(case, "1", "Alice", "idle", until=LASTS))
    presence.at("b", Look(case, "1", "Alice", "write", until=LASTS))

    assert presence.people(case) == [{"id": "1", "name": "Alice", "doing": "write"}]
    assert presence.gone("b") == {case}
    assert presence.people(case) == [{"id": "1", "name": "Alice", "doing": "idle"}]
