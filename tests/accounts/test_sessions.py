"""A session ends when nobody uses it, and after twelve hours whatever happens; one ends one's own."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from csirt.accounts import factors, services
from csirt.accounts.models import Session
from csirt.accounts.sessions import IDLE, LONGEST, device_of, name_of, renew
from csirt.journal.models import Event
from csirt.kernel.clock import now
from tests.accounts.test_logging_in import CODE, give_password
from tests.people import PASSWORD, client_of, totp

ME = "/comptes/moi/"
BACKGROUND = {"Desk-Background": "1"}
LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0"


@pytest.fixture
def at():
    """Return a function that moves the clock to *minutes* after the test's start."""
    with time_machine.travel(now(), tick=False) as traveller:
        start = now()
        yield lambda minutes: traveller.move_to(start + timedelta(minutes=minutes))


def inside(client):
    return client.get(ME).status_code == 200


def test_half_an_hour_without_a_use_ends_it(alice, at):
    client = client_of(alice)
    at(29)
    assert inside(client)
    at(58)
    assert inside(client)
    at(58 + 30)
    assert not inside(client)


def test_what_a_page_asks_by_itself_is_no_use(alice, at):
    client = client_of(alice)
    for minute in range(0, 30, 5):
        at(minute)
        assert client.get(ME, headers=BACKGROUND).status_code == 200
    at(30)
    assert not inside(client)


def test_twelve_hours_end_it_however_busy(alice, at):
    client = client_of(alice)
    for minute in range(0, 12 * 60, 20):
        at(minute)
        assert inside(client)
    at(12 * 60)
    assert not inside(client)


def test_saying_again_who_one_is_does_not_begin_it_anew(alice, at):
    client = client_of(alice)
    at(20)
    client.post("/comptes/confirmer/code/", {"code": totp(alice)})

    row = Session.objects.get(user=alice)
    assert row.expire_date - row.began_at <= LONGEST
    assert row.expire_date <= now() + IDLE


def test_a_use_is_written_once_a_minute(alice, at, django_assert_num_queries):
    client = client_of(alice)
    inside(client)
    at(0.5)
    inside(client)
    assert Session.objects.get().used_at == Session.objects.get().began_at
    at(2)
    inside(client)
    assert Session.objects.get().used_at == now().replace(microsecond=0)


def test_alice_sees_where_she_is_logged_in_and_ends_one(alice):
    here = client_of(alice)
    lost = Client(REMOTE_ADDR="203.0.113.7", headers={"User-Agent": LAPTOP})
    give_password(lost, alice)
    lost.post(CODE, {"code": totp(alice)})
    page = here.get(ME).content.decode()
    assert "Firefox, Windows" in page
    assert "203.0.113.7" in page
    assert page.count("cette session") == 1

    name = name_of(lost.cookies[settings.SESSION_COOKIE_NAME].value)
    assert here.post(f"/comptes/moi/sessions/{name}/")["Location"] == ME

    assert not inside(lost)
    assert inside(here)
    ended = Event.objects.get(kind="user.logged_out")
    assert ended.data == {"session": name}


def test_ending_this_very_session_is_logging_out(alice):
    client = client_of(alice)
    name = Session.objects.get(user=alice).name

    answer = client.post(f"/comptes/moi/sessions/{name}/")
    assert answer["Location"] == "/"
    assert answer["Clear-Site-Data"] == '"storage"'
    assert not inside(client)
    assert Event.objects.get(kind="user.logged_out").data == {"session": name}


def test_nobody_ends_a_session_of_somebody_else(alice, eve):
    hers = client_of(alice)
    name = Session.objects.get(user=alice).name

    assert client_of(eve).post(f"/comptes/moi/sessions/{name}/").status_code == 404
    assert client_of(eve).post("/comptes/moi/sessions/0000/").status_code == 404
    assert inside(hers)


def proving(client, user):
    """Return a request whose session was read, and whose owner has just proved who they are."""
    request = RequestFactory().post("/")
    request.session, request.user, request.desk_proved = client.session, user, "password"
    assert SESSION_KEY in request.session
    return request


def test_a_session_that_was_ended_meanwhile_is_not_begun_again(alice):
    request = proving(client_of(alice), alice)
    services.end_sessions(user=alice, keep="", now=now())

    with pytest.raises(SessionInterrupted):
        renew(request)
    assert not Session.objects.exists()
    assert not Event.objects.filter(kind="user.proved_again").exists()


def test_who_logs_out_is_out_when_the_event_is_written(alice):
    client = client_of(alice)
    factors.logged_out(user=alice, session=client.session.session_key, now=now())

    assert not Session.objects.exists()


def test_a_late_answer_leaves_the_new_name_to_the_browser(alice):
    """It was asked under the former name; the cookie of who logs out goes."""
    client, late = client_of(alice), Client()
    late.cookies[settings.SESSION_COOKIE_NAME] = client.session.session_key
    client.post("/comptes/confirmer/", {"password": PASSWORD})
    answer = late.get(ME)
    assert answer.status_code == 302
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert inside(client)

    gone = client.post("/comptes/deconnexion/")
    assert gone.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 0


def test_where_the_database_fails_at_the_name_the_session_keeps_its_own(alice):
    def failing(execute, sql, params, many, context):
        if "journal_event" in sql and "user.proved_again" in str(params):
            raise OperationalError
        return execute(sql, params, many, context)

    client = client_of(alice)
    name = client.session.session_key
    with connection.execute_wrapper(failing):
        answer = client.post("/comptes/confirmer/", {"password": PASSWORD})
    assert answer.status_code == 302
    assert client.session.session_key == name
    assert inside(client)


@pytest.mark.parametrize(
    ("agent", "said"),
    [(LAPTOP, "Firefox, Windows"), ("", ""), ("<script>", ""), ("curl/8", ""),
     ("Mozilla/5.0 (X11; Linux x86_64) Chrome/150 Safari/537.36", "Chrome, Linux"),
     ("Mozilla/5.0 (iPhone; CPU) Version/18 Safari/604", "Safari, iPhone"),
     ("x" * 5000 + "Edg/1 Windows", "Edge, Windows")],
)  # fmt: skip
def test_a_device_has_a_name_from_a_list(agent, said):
    assert device_of(agent) == said


def test_strangers_sessions_are_as_before(client, db):
    session = client.session
    session["planted"] = 1
    session.save()

    row = Session.objects.get()
    assert row.user is None
    assert row.began_at is None
    assert row.expire_date > now() + LONGEST - timedelta(minutes=1)
