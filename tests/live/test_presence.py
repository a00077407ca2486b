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


def seen(console, case):
    """Return who a queue was last told is at *case*; None when it never was."""
    who = [f for f in console.frames if f["t"] == "who" and f["id"] == str(case.uuid)]
    return [person["name"] for person in who[-1]["people"]] if who else None


def test_a_queue_knows_who_is_where(live_desk, alice, bruno, denise):
    other = file_case().incident
    with Console(live_desk, alice) as hers, Console(live_desk, bruno) as his:
        hers.dial()
        his.dial()
        at(his, denise.incident)
        his.until(lambda: people(his))
        hers.send({"t": "watch"})
        hers.until(lambda: seen(hers, denise.incident) == ["Bruno"])
        at(his, other)
        hers.until(lambda: seen(hers, other) == ["Bruno"])
        hers.until(lambda: seen(hers, denise.incident) == [])
        his.close()
        hers.until(lambda: seen(hers, other) == [])


def test_a_queue_hears_nothing_of_a_hidden_case(live_desk, alice, bruno, denise):
    """Restricted before somebody is there, or while they are: those who are not named hear nothing."""
    hidden, closing = denise.incident, file_case().incident
    by = Person.of(bruno)
    casework.restrict(incident=hidden.uuid, version=1, by=by, people=[], now=now())
    with Console(live_desk, alice) as hers, Console(live_desk, bruno) as his:
        hers.start()
        hers.send({"t": "watch"})
        his.dial()
        his.send({"t": "watch"})
        at(his, hidden)
        his.until(lambda: seen(his, hidden) == ["Bruno"])
        at(his, closing)
        hers.until(lambda: seen(hers, closing) == ["Bruno"])
        casework.restrict(incident=closing.uuid, version=1, by=by, people=[], now=now())
        hers.until(lambda: str(closing.uuid) not in hers.rows)
        told = len(hers.frames)
        at(his, closing, "write")
        his.until(lambda: people(his) == {"Bruno": "write"})
        hers.drain()

        assert seen(hers, hidden) is None
        assert [frame for frame in hers.frames[told:] if frame["t"] == "who"] == []


@pytest.mark.skipif(not SERVICES, reason="one process shares presence with nobody")
def test_a_queue_of_another_process_hears_of_what_it_may_see(live_desk, alice, bruno, denise):
    hidden = file_case().incident
    casework.restrict(incident=hidden.uuid, version=1, by=Person.of(bruno), people=[], now=now())
    with Web() as second, Console(live_desk, alice) as hers, Console(second, bruno) as his:
        hers.dial()
        hers.send({"t": "watch"})
        his.dial()
        at(his, hidden)
        his.until(lambda: people(his))
        at(his, denise.incident)
        hers.until(lambda: seen(hers, denise.incident) == ["Bruno"])

        assert seen(hers, hidden) is None


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
