"""SECURITY.md E1, E2: who has no right to a console is refused before the handshake ends."""

from contextlib import ExitStack

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from csirt.accounts.roles import Role
from incidents.live import entry
from tests.live.desk import Console
from tests.people import PASSWORD, client_of, cookies_of, person


def refused(console, **options):
    with pytest.raises(InvalidStatus) as refusal:
        console.dial(**options)
    assert refusal.value.response.status_code == 403
    assert b"seq" not in refusal.value.response.body


def test_without_a_session(live_desk):
    refused(Console(live_desk, None, cookies={}))


def test_with_a_session_that_does_not_exist(live_desk):
    refused(Console(live_desk, None, cookies={"sessionid": "0" * 32}))


def test_with_a_session_that_has_ended(live_desk, alice):
    client = client_of(alice)
    cookies = {"sessionid": client.cookies["sessionid"].value}
    client.logout()

    refused(Console(live_desk, None, cookies=cookies))


def test_with_the_session_of_a_victim(live_desk, denise, client):
    session = client.session
    session["followup"] = denise.incident.pk
    session.save()

    refused(Console(live_desk, None, cookies={"sessionid": session.session_key}))


def test_with_the_token_of_a_partner(live_desk):
    console = Console(live_desk, None, cookies={})
    refused(console, user_agent_header="Bearer 0123456789abcdef")


@pytest.mark.parametrize("role", [role for role in Role if role not in {"analyst", "lead"}])
def test_with_a_role_that_works_no_cases(live_desk, role):
    refused(Console(live_desk, person("Quelqu'un", role, email="q@exemple.fr")))


def test_without_the_second_factor(live_desk, alice):
    refused(Console(live_desk, alice, cookies=cookies_of(alice, second_factor=False)))


def test_with_an_account_that_was_disabled(live_desk, alice):
    cookies = cookies_of(alice)
    alice.is_active = False
    alice.save()

    refused(Console(live_desk, alice, cookies=cookies))


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        "http://evidence.127.0.0.1",
        "http://sub.localhost",
        "https://127.0.0.1",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://127.0.0.1.evil.example",
        "file://",
    ],
)
def test_from_another_origin(live_desk, alice, origin):
    refused(Console(live_desk, alice), origin=origin)


def test_from_no_origin(live_desk, alice):
    console = Console(live_desk, alice)
    with ExitStack() as until, pytest.raises(InvalidStatus) as refusal:
        until.enter_context(
            connect(
                f"{live_desk.socket_url}/ws/console/",
                additional_headers={"Cookie": console.cookie},
            )
        )
    assert refusal.value.response.status_code == 403


def test_at_most_twenty_windows_each(live_desk, alice):
    windows = [Console(live_desk, alice) for _ in range(21)]
    try:
        for window in windows:
            window.dial()
        windows[-1].step(3)
        assert windows[-1].closed == 4429
        windows[0].snapshot()
        windows[0].hello()
        windows[0].beat(5)
    finally:
        for window in windows:
            window.close()


def test_a_session_is_found_under_the_name_that_it_has_now(alice):
    """What the hub has not read yet of the journal is read then."""
    client = client_of(alice)
    known = entry.admitted(client.cookies["sessionid"].value, "localhost")
    for _ in range(2):
        client.post("/comptes/confirmer/", {"password": PASSWORD})
    assert entry.session_of(known).session_key == client.cookies["sessionid"].value
    assert entry.again(known, "localhost", 0).session != known.session

    client.post("/comptes/deconnexion/")
    assert entry.again(known, "localhost", 0) is None


def test_an_open_socket_says_nothing_before_hello(live_desk, alice, denise):
    console = Console(live_desk, alice)
    with console:
        console.dial()
        client_of(alice).post(
            f"/console/dossiers/{denise.incident.uuid}/etape/take", {"version": 1}
        )

        assert console.step(1.5) is None
