"""SECURITY.md E4: rights end within two seconds, and no frame follows the event that ends them."""

import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connection

from csirt.accounts import services
from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict
from incidents.models import Incident
from incidents.services import casework
from tests.live.desk import Console
from tests.people import PASSWORD, client_of, cookies_of, file_case

WITHIN = 2.0  # seconds


@contextmanager
def events_flow(case, by):
    """Write notes on *case* as fast as they commit, from another thread."""
    stop = threading.Event()

    def write():
        try:
            while not stop.is_set():
                casework.add_note(incident=case.uuid, by=by, text="Et encore.", now=now())
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def revoking_seq(*kinds):
    return Event.objects.filter(kind__in=kinds).order_by("seq").first().seq


def disable(alice, ada):
    services.disable(user=alice.uuid, version=alice.version, by=ada, now=now())
    return revoking_seq("user.disabled")


def lower_role(alice, ada):
    services.change_role(user=alice.uuid, version=alice.version, role="reader", by=ada, now=now())
    return revoking_seq("user.role_changed")


def log_out_everywhere(alice, _ada):
    services.end_sessions(user=alice, keep="", now=now())
    return revoking_seq("user.sessions_ended")


def change_password(alice, _ada):
    services.change_password(user=alice, password="une-autre-phrase-longue", keep="", now=now())
    return revoking_seq("user.sessions_ended")


@pytest.mark.parametrize("end", [disable, lower_role, log_out_everywhere, change_password])
def test_the_socket_ends_with_the_rights(end, live_desk, alice, ada, denise):
    with Console(live_desk, alice) as console, events_flow(denise.incident, Person.of(alice)):
        console.start()
        console.until(lambda: len(console.seen) > 20)
        seq = end(alice, ada)
        began = time.monotonic()
        while console.closed is None and time.monotonic() - began < 6:
            console.step(0.5)
        took = time.monotonic() - began

    assert console.closed == 4401
    assert took < WITHIN
    assert max(item[0] for item in console.seen) <= seq
    assert max(frame["next"] for frame in console.frames if "next" in frame) <= seq


def test_logging_out_ends_the_windows_of_that_session_only(live_desk, alice, bruno, denise):
    here = client_of(alice)
    cookies = {"sessionid": here.cookies["sessionid"].value}
    with (
        Console(live_desk, alice, cookies=cookies) as mine,
        Console(live_desk, alice, cookies=cookies_of(alice)) as other,
        events_flow(denise.incident, Person.of(bruno)),
    ):
        mine.start()
        other.start()
        mine.until(lambda: len(mine.seen) > 5)
        proved = here.post("/comptes/confirmer/", {"password": PASSWORD})
        assert proved.status_code == 302
        renamed = revoking_seq("user.proved_again")
        mine.until(lambda: mine.cursor > renamed)  # the session has another name, and goes on
        here.post("/comptes/deconnexion/")
        seq = revoking_seq("user.logged_out")
        began = time.monotonic()
        while mine.closed is None and time.monotonic() - began < 6:
            mine.step(0.5)
        took = time.monotonic() - began
        other.until(lambda: other.cursor > seq + 5)

    assert mine.closed == 4401
    assert took < WITHIN
    assert max(item[0] for item in mine.seen) <= seq
    assert other.closed is None


def test_a_console_goes_on_after_a_proof_and_ends_with_the_session(live_desk, alice):
    """Its hello, just after and later, finds the session under its new name."""
    here = client_of(alice)
    with Console(live_desk, alice, {"sessionid": here.cookies["sessionid"].value}) as console:
        console.start()
        console.beat(5)
        assert here.post("/comptes/confirmer/", {"password": PASSWORD}).status_code == 302
        console.hello()
        console.beat(5)
        console.check()
        assert here.post("/comptes/deconnexion/").status_code == 302
        console.drain(2)

        assert console.closed == 4401


def test_a_case_that_is_restricted_leaves_and_is_not_heard_of_again(
    live_desk, alice, bruno, denise
):
    case = denise.incident
    by = Person.of(bruno)
    with Console(live_desk, alice) as hers, Console(live_desk, bruno) as his:
        hers.start()
        his.start()
        with events_flow(case, by):
            hers.until(lambda: len(hers.seen) > 10)
            while True:  # the flow changes the version all the time
                version = Incident.objects.values_list("version", flat=True).get(pk=case.pk)
                try:
                    casework.restrict(
                        incident=case.uuid, version=version, by=by, people=[], now=now()
                    )
                    break
                except Conflict:
                    continue
            seq = revoking_seq("incident.restricted")
            his.until(lambda: his.cursor > seq + 20)
        witness = file_case()
        hers.until(lambda: str(witness.incident.uuid) in hers.rows)

        assert str(case.uuid) not in hers.rows
        assert str(case.uuid) in his.rows
        assert [item for item in hers.seen if item[2] == str(case.uuid)][-1][0] == seq
        assert seq in [item[0] for item in hers.seen]
        assert not [
            row
            for frame in hers.frames
            for row in frame.get("items", [])
            if row["seq"] > seq and row["id"] == str(case.uuid)
        ]
        assert hers.check()["digest"] == hers.digest()
        assert his.check()["digest"] == his.digest()


def test_naming_and_unnaming_somebody_shows_and_hides_the_case(live_desk, alice, bruno, denise):
    case, by = denise.incident, Person.of(bruno)
    with Console(live_desk, alice) as console:
        console.start()
        found = casework.restrict(incident=case.uuid, version=1, by=by, people=[], now=now())
        console.until(lambda: not console.rows)
        found = casework.restrict(
            incident=case.uuid, version=found.version, by=by, people=[alice.uuid], now=now()
        )
        console.until(lambda: console.rows)
        casework.add_note(incident=case.uuid, by=by, text="Vu.", now=now())
        console.until(lambda: console.seen[-1][1] == "note.written")
        found = casework.restrict(
            incident=case.uuid, version=found.version + 1, by=by, people=[], now=now()
        )
        console.until(lambda: not console.rows)
        found = casework.unrestrict(incident=case.uuid, version=found.version, by=by, now=now())
        console.until(lambda: console.rows)

        assert console.rows[str(case.uuid)]["restricted"] is False
        assert console.check()["digest"] == console.digest()


def test_what_was_restricted_while_a_console_was_away_leaves_at_its_return(
    live_desk, alice, bruno, denise
):
    with Console(live_desk, alice) as console:
        console.start()
        console.close()
        casework.restrict(
            incident=denise.incident.uuid, version=1, by=Person.of(bruno), people=[], now=now()
        )
        console.open()
        console.until(lambda: not console.rows)
        assert console.check()["digest"] == "0" * 16


def test_a_session_that_ended_before_hello_gets_nothing(live_desk, alice, denise):
    client = client_of(alice)
    with Console(live_desk, alice, {"sessionid": client.cookies["sessionid"].value}) as console:
        console.snapshot()
        console.dial()
        client.session.delete(client.session.session_key)  # without an event
        console.hello()
        console.drain(2)

        assert console.closed == 4401
        assert console.frames == []
