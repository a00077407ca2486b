"""The wall screen: numbers for a room, in which no case and no small place can be recognised."""

import re
from datetime import timedelta
from html import unescape

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import expect

from csirt.accounts.principals import Person
from csirt.directory.models import Commune, Department, Organisation
from csirt.journal import drain
from csirt.kernel.clock import now
from incidents.console import wall
from incidents.models import Incident, Note, Report
from incidents.services import casework, transitions
from tests.console.test_live_browser import RULES, TOO_WIDE, enter  # noqa: F401 - a fixture
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/console/mur/"


@pytest.fixture(autouse=True)
def anew(db):
    cache.delete("console.wall")


def screen(user):
    answer = client_of(user).get(ADDRESS)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def bar(html, label):
    """Return the number beside *label*."""
    found = re.search(rf'<th scope="row">{label}</th><td class="number">(\d+)</td>', html)
    return int(found[1]) if found else None


@pytest.fixture
def busy(alice):
    """A morning with cases of small and large places, named, taken, closed and restricted ones."""
    department = Department.objects.create(code="09", name="Ariège")
    small = Commune.objects.create(
        insee="09001", name="Aigues-Juntes", department=department, population=65
    )
    large = Commune.objects.create(
        insee="09122", name="Foix", department=department, population=9_500
    )
    hall = Organisation.objects.create(name="Mairie d'Aigues-Juntes", kind="commune", commune=small)
    cases = [file_case(commune=small.insee), file_case(commune=large.insee), file_case()]
    later = file_case(category="spam", inputs={"evolution": "tentative"}, asked=None)
    by = Person.of(alice)
    casework.edit(
        incident=later.incident.uuid, version=1, by=by, title="Le serveur de la cantine",
        organisation=hall.uuid, now=now(),
    )  # fmt: skip
    transitions.take(incident=cases[1].incident.uuid, version=1, by=by, now=now())
    casework.add_note(incident=cases[0].incident.uuid, by=by, text="Rappeler Mme Vidal.", now=now())
    Incident.objects.filter(pk=cases[0].incident.pk).update(opened_at=now() - timedelta(hours=5))
    drain()
    return cases


def test_it_counts(eve, busy):
    html = screen(eve)

    assert (bar(html, "P1"), sum(bar(html, f"P{n}") for n in (1, 2, 3, 4))) == (3, 4)
    assert (bar(html, "Ariège"), bar(html, "Département inconnu")) == (3, 1)
    assert re.search(r"attend depuis</dt><dd>5 h<", html)
    assert re.search(r"P1 sans personne</dt><dd>2<", html)


def test_no_case_and_no_place_can_be_told_from_it(eve, alice, busy):
    """Every name that the database holds of a case, its victim or its place is looked for."""
    frames = [
        screen(eve),
        screen(alice),
        client_of(eve).get(ADDRESS, {"vue": "tous"}).content.decode(),
    ]
    told = [
        *Incident.objects.values_list("reference", flat=True),
        *map(str, Incident.objects.values_list("uuid", flat=True)),
        *Incident.objects.exclude(title="").values_list("title", flat=True),
        *Incident.objects.exclude(organisation_name="").values_list("organisation_name", flat=True),
        *Organisation.objects.values_list("name", flat=True),
        *Commune.objects.values_list("name", flat=True),
        *Report.objects.values_list("text", flat=True),
        *Report.objects.values_list("contact_name", flat=True),
        *Note.objects.values_list("text", flat=True),
    ]

    assert len(told) > 20
    assert [(words, frame[:60]) for frame in frames for words in told if words in frame] == []


def test_a_restricted_case_is_not_even_counted(eve, alice, busy):
    case = busy[0].incident
    casework.restrict(
        incident=case.uuid, version=Incident.objects.get(pk=case.pk).version,
        by=Person.of(alice), people=[], now=now(),
    )  # fmt: skip

    assert bar(screen(eve), "P1") == 2


def test_all_walls_share_one_computation(eve, bruno, busy, monkeypatch):
    screen(eve)
    file_case()
    monkeypatch.setattr(wall, "numbers", None)  # calling it would fail

    assert bar(screen(bruno), "P1") == 3


def test_an_empty_desk_says_so(eve):
    html = screen(eve)

    assert "Aucun dossier en cours." in html
    assert bar(html, "P1") == 0

    assert len(re.findall(r'<th scope="col">', html)) <= 24


@pytest.mark.parametrize("who", ["chloe", "ada", "emile"])
def test_it_is_for_who_reads_statistics_and_for_the_desk(who, request, busy):
    assert client_of(request.getfixturevalue(who)).get(ADDRESS).status_code == 404


def test_strangers_log_in_first(client):
    assert client.get(ADDRESS).status_code == 302


def test_a_reader_is_led_to_it(eve):
    assert f'href="{ADDRESS}"' in client_of(eve).get("/console/").content.decode()


@pytest.mark.parametrize("width", [1920, 320])
def test_it_renews_itself(enter, live_desk, eve, busy, width):  # noqa: F811
    page = enter(live_desk, eve, ADDRESS, live=False, viewport={"width": width, "height": 1080})
    result = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert [(v["id"], v["nodes"][0]["target"]) for v in result.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.evaluate(TOO_WIDE)

    file_case()
    expect(page.locator(".tiles .hot dd")).to_have_text("3", timeout=25_000)
