"""How the service stands: the team reads it, with what to do; nobody else knows there is a page."""

from datetime import timedelta

import pytest

from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Consumer, Event, Head, Parked
from csirt.journal.upkeep import BACKUP_MADE
from csirt.kernel.clock import now
from incidents import upkeep
from incidents.models import Notice
from incidents.notifications import waiting
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db
PATH = "/console/etat/"


@change
def made(at, **more):
    data = {"file": "x", "size": 3_000_000, "seconds": 1, "missing": 0, **more}
    record(BACKUP_MADE, Head.objects.get(), by=SYSTEM, at=at, data=data)


def read(user, **headers):
    return client_of(user).get(PATH, headers=headers).content.decode()


def caught_up():
    Consumer.objects.update(seq=Head.objects.get().seq)


def test_the_team_reads_it_and_nobody_else(  # noqa: PLR0917 - everybody
    alice, bruno, ada, eve, chloe, emile, client
):
    for user in (alice, bruno, ada):
        assert client_of(user).get(PATH).status_code == 200
    for user in (eve, chloe, emile):
        assert client_of(user).get(PATH).status_code == 404
    assert client.get(PATH).status_code in {302, 401}


def test_a_desk_that_is_well(alice, monkeypatch):
    monkeypatch.setattr("incidents.console.upkeep._LEAST_FREE", 0)
    made(now())
    caught_up()
    upkeep.saw_worker(now())
    monkeypatch.setattr("incidents.console.upkeep._SIGNED", timedelta.max)
    monkeypatch.setattr(
        upkeep.consumers, "lag", lambda _at: {}
    )  # what the log-in above wrote is not read yet
    html = read(alice)

    assert "Point" not in html
    assert "Tourne" in html
    assert "2,9" in html  # MB


def test_each_thing_that_is_wrong_says_what_to_do(alice, denise):
    made(now() - timedelta(days=3), missing=2)
    caught_up()
    Parked.objects.create(consumer="teller", seq=1, error="x", at=now())
    english = read(alice, **{"accept-language": "en"})
    html = read(alice)

    assert "Ne tourne plus" in html
    assert "manage.py tend" in html
    assert "2 pièces introuvables" in html
    assert "Regardez « Courriels à voir »" in html
    assert "point à regarder" in html or "points à regarder" in html
    assert "Tout va bien" not in html
    assert "Does not run any more" in english
    assert "2 files not found" in english


def test_it_holds_no_word_of_a_case(alice, denise):
    html = read(alice)

    for told in (denise.reference, "lockbit", "Denise", "Mairie"):
        assert told not in html
    assert Event.objects.filter(kind="incident.opened").count() == 0


def test_what_waits_is_counted(alice, denise):
    Notice.objects.create(
        incident=denise.incident, channel="mail", about="x", address="a@b.fr", digest="d",
        language="fr", epoch=Head.objects.get().epoch, seq=1, kind="k", made_at=now() - timedelta(hours=2),
        due_at=now(),
    )  # fmt: skip
    html = read(alice)

    assert "1 en attente" in html
    assert "Le serveur de courriel ne répond peut-être plus" in html
    assert waiting.events().count() == 0


def test_it_asks_few_questions(alice, denise, django_assert_max_num_queries):
    client = client_of(alice)
    file_case()
    with django_assert_max_num_queries(40):
        client.get(PATH)


@pytest.mark.browser
@pytest.mark.once
def test_axe_finds_nothing_and_a_phone_shows_it(live_desk, new_context, alice):
    from axe_playwright_python.sync_playwright import Axe

    from tests.people import cookies_of

    for width, scheme in ((1280, "light"), (1280, "dark"), (320, "light")):
        context = new_context(
            base_url=live_desk.url, viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        context.add_cookies(
            [
                {"name": name, "value": value, "url": live_desk.url}
                for name, value in cookies_of(alice).items()
            ]
        )
        page = context.new_page()
        page.goto(PATH)
        assert Axe().run(page).violations_count == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
