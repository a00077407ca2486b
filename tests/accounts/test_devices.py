"""One knows the browsers one comes in with; a new one is told by mail, and an old one can be forgotten."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core import mail, signing
from django.http import HttpResponse
from django.test import Client

from csirt.accounts import devices, factors, services
from csirt.accounts.models import Device, Session
from csirt.accounts.sessions import name_of
from csirt.journal import consumers
from csirt.journal.models import Event
from csirt.kernel.clock import now
from tests.accounts.test_logging_in import CODE, give_password
from tests.accounts.test_sessions import LAPTOP
from tests.accounts.test_two_people_reset import run_jobs
from tests.people import PASSWORD, client_of, person, totp

pytestmark = pytest.mark.django_db(transaction=True)

ME = "/comptes/moi/"
PHONE = "Mozilla/5.0 (iPhone; CPU) Version/18 Safari/604"


def browser(agent=LAPTOP):
    return Client(headers={"User-Agent": agent})


def come_in(client, user, steps=0):
    """Log in with the password and the code of *steps* periods from now, and out again."""
    give_password(client, user)
    assert client.post(CODE, {"code": totp(user, steps=steps)}).status_code == 302
    client.post("/comptes/deconnexion/")


def letters():
    """Have the worker pass; return how many letters went out since the last time."""
    consumers.drain()
    run_jobs()
    count = len(mail.outbox)
    mail.outbox.clear()
    return count


def test_the_second_time_from_a_browser_is_no_news_and_another_one_is(alice, settings):
    settings.EMAIL_HOST = "127.0.0.1"
    laptop = browser()
    come_in(laptop, alice, -1)
    assert letters() == 1
    come_in(laptop, alice)
    assert letters() == 0
    come_in(browser(PHONE), alice, 1)
    assert letters() == 1

    known = [event.data["known"] for event in Event.objects.filter(kind="user.logged_in")]
    assert known == [False, True, False]
    rows = alice.devices.order_by("pk")
    assert [row.agent for row in rows] == ["Firefox, Windows", "Safari, iPhone"]
    assert rows[0].used_at > rows[0].began_at


def test_a_browser_that_bruno_uses_too_is_new_to_him(alice, bruno):
    shared = browser()
    come_in(shared, alice)
    come_in(shared, bruno)

    assert Device.objects.count() == 2
    assert len({row.digest for row in Device.objects.all()}) == 1
    assert Event.objects.filter(kind="user.logged_in").last().data["known"] is False


def test_alice_sees_hers_and_forgets_one(alice, eve):
    laptop, phone = browser(), browser(PHONE)
    come_in(phone, alice, -1)
    give_password(laptop, alice)
    laptop.post(CODE, {"code": totp(alice)})
    page = laptop.get(ME).content.decode()
    assert "Safari, iPhone" in page
    assert page.count("cet appareil") == 1

    lost = alice.devices.get(agent="Safari, iPhone").digest
    assert client_of(eve).post(f"{ME}appareils/{lost}/").status_code == 404
    assert laptop.post(f"{ME}appareils/{lost}/")["Location"] == ME
    assert laptop.post(f"{ME}appareils/{lost}/").status_code == 404

    assert "Safari, iPhone" not in laptop.get(ME).content.decode()
    assert Event.objects.get(kind="user.device_forgotten").data == {"device": lost}
    come_in(phone, alice, 1)
    assert Event.objects.filter(kind="user.logged_in").last().data["known"] is False


def test_one_that_nobody_came_back_with_is_forgotten(alice, bruno):
    laptop = browser()
    come_in(laptop, alice)
    with time_machine.travel(now() + devices.KEPT + timedelta(days=1), tick=True):
        come_in(browser(PHONE), bruno)
        assert not alice.devices.exists()
        come_in(laptop, alice)
    assert Event.objects.filter(kind="user.logged_in").last().data["known"] is False


def test_the_oldest_beyond_twenty_goes(alice):
    for number in range(devices.MOST + 1):
        at = now() - timedelta(hours=30 - number)
        devices.remember(user=alice, name=str(number), agent="", now=at)

    assert alice.devices.count() == devices.MOST
    assert not alice.devices.filter(digest=devices.digest_of("0")).exists()


def test_another_password_forgets_them_but_the_one_it_was_given_in(alice):
    here, there = (devices.digest_of(name) for name in ("here", "there"))
    for name in ("here", "there"):
        devices.remember(user=alice, name=name, agent="", now=now())
    services.change_password(user=alice, password="x", keep="", device=here, now=now())
    assert [row.digest for row in alice.devices.all()] == [here] != [there]

    services.change_password(user=alice, password="y", keep="", now=now())
    assert not alice.devices.exists()


def test_they_go_with_the_account_and_with_a_lost_second_factor(alice, eve, ada):
    zoe = person("Zoé", "admin", email="zoe@exemple.fr")
    for user in (alice, eve):
        come_in(browser(), user) if user == alice else devices.remember(
            user=eve, name="x", agent="", now=now()
        )
    services.disable(user=eve.uuid, version=eve.version, by=ada, now=now())
    factors.ask_reset(user=alice.uuid, version=alice.version, by=zoe, now=now())
    factors.reset(user=alice.uuid, by=ada, now=now())

    assert not Device.objects.exists()


@pytest.mark.parametrize("forged", ["", "x", "a:b:c", "eyJpZCI6MX0:1a:zz"])
def test_a_cookie_that_we_never_gave_is_none(alice, forged):
    laptop = browser()
    come_in(laptop, alice, -1)
    laptop.cookies[devices.COOKIE] = forged
    come_in(laptop, alice)

    assert Device.objects.count() == 2


def test_its_value_is_ours_for_this_use_and_for_so_long(rf):
    """ASVS 5.0, 9.2.1 and 9.2.2: too old a value, and one signed for another purpose, are none."""

    def read(value):
        request = rf.get("/")
        request.COOKIES[devices.COOKIE] = value
        return devices.read(request)

    answer = HttpResponse()
    devices.give(answer, "a" * 32)
    value = answer.cookies[devices.COOKIE].value
    assert read(value) == "a" * 32
    assert read(signing.dumps("a" * 32, salt="another")) == ""
    assert read(signing.dumps("a" * 32)) == ""
    with time_machine.travel(now() + devices.KEPT + timedelta(seconds=2)):
        assert read(value) == ""


def test_saying_again_who_one_is_gives_the_session_another_name(alice):
    """What was open under the former name is shut; what was typed is carried out."""
    client = client_of(alice)
    name = settings.SESSION_COOKIE_NAME
    before = client.cookies[name].value
    with time_machine.travel(now() + timedelta(minutes=11), tick=True):
        label = {"label": "Mon programme", "scopes": ["cases:read"], "days": 30}
        asked = client.post("/comptes/moi/jetons/", label)
        assert asked["Location"].startswith("/comptes/confirmer/")
        assert client.cookies[name].value == before
        done = client.post(
            asked["Location"], {"password": PASSWORD, "next": "/comptes/moi/jetons/"}
        )
        assert done.status_code == 200
        assert alice.tokens.count() == 1
        after = client.cookies[name].value
        assert after != before
        assert client.get(ME).status_code == 200
        assert not Session.objects.filter(session_key=before).exists()
        stolen = Client()
        stolen.cookies[name] = before
        assert stolen.get(ME).status_code == 302

    said = Event.objects.get(kind="user.proved_again").data
    assert said == {"session": name_of(before), "now": name_of(after), "methods": ["password"]}
