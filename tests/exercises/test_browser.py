"""An exercise in browsers: conducted live, a call picked up, without a script, nothing for axe to find."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.console.test_search_browser import LOOKS, RULES
from tests.exercises.instances import Instance

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def exercise(tmp_path_factory):
    instance = Instance(tmp_path_factory.mktemp("exercise") / "exo", CSIRT_MODE="exercise")
    instance.heard = False
    with instance.serving("exercise", "ex-rancongiciel-interco", "--speed", "60"):
        people = json.loads((instance.folder / "access.json").read_text())["analysts"]
        instance.people = {one["email"].partition("@")[0]: one for one in people}
        yield instance


def logged_in(exercise, new_context, who, **options):
    page = new_context(**options).new_page()
    page.goto(f"{exercise.url}/comptes/connexion/")
    page.locator("input[type=email]").fill(exercise.people[who]["email"])
    page.locator("input[type=password]").fill(exercise.people[who]["password"])
    page.get_by_role("button", name="Se connecter").click()
    expect(page.locator("#exercise")).to_be_visible()
    return page


def at_the_desk(exercise, new_context, **options):
    """Return the conductor's page of an exercise that has begun, whichever test comes first."""
    chief = logged_in(exercise, new_context, "direction", **options)
    chief.goto(f"{exercise.url}/console/exercice/")
    begin = chief.get_by_role("button", name="Commencer")
    if begin.count():
        begin.click()
    return chief


def first_call(exercise, new_context):
    """Return the page of who picked the first call up, now or in a test before."""
    desk = logged_in(exercise, new_context, "analyste1")
    if not exercise.heard:
        expect(desk.locator(".ringing")).to_be_visible(timeout=20_000)
        desk.locator(".ringing").click()
        desk.get_by_role("button", name="Décrocher").first.click()
        expect(desk.locator("#calls")).to_contain_text("Je suis seule.")
        exercise.heard = True
    return desk


def test_it_is_conducted_and_heard_live(exercise, new_context):
    chief = at_the_desk(exercise, new_context)
    desk = first_call(exercise, new_context)
    # Nobody reloads: six minutes of the exercise are six seconds here.
    expect(chief.locator("#stage")).to_contain_text("Analyste 1 a décroché", timeout=20_000)
    expect(chief.locator("#stage .ref")).to_be_visible(timeout=30_000)
    clock = desk.locator("#exercise time")
    before = clock.inner_text()
    expect(clock).not_to_have_text(before, timeout=10_000)
    desk.goto(f"{exercise.url}/console/")
    expect(desk.get_by_text("EXO-").first).to_be_visible()
    expect(desk.locator("td.at-age").first).not_to_contain_text("jour")  # by the exercise's clock
    chief.get_by_role("button", name="Mettre en pause").click()
    expect(chief.locator("#exercise [data-paused]")).to_be_visible()
    chief.close()
    desk.close()


def test_without_a_script(exercise, new_context):
    chief = logged_in(exercise, new_context, "direction", java_script_enabled=False)
    chief.goto(f"{exercise.url}/console/exercice/libre/")
    chief.locator("label", has_text="courriel").click()
    chief.get_by_label("Organisme").select_option(index=1)
    chief.get_by_label("Qui parle").fill("Le directeur")
    chief.get_by_label("Ses mots").fill("Que dit-on aux agents ?")
    chief.get_by_role("button", name="Livrer maintenant").click()
    expect(chief.locator("#stage")).to_contain_text("Le directeur")
    chief.close()


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_overflows(look, exercise, new_context):
    page = logged_in(
        exercise, new_context, "direction",
        viewport={"width": LOOKS[look], "height": 720}, color_scheme=look,
    )  # fmt: skip
    faults = {}
    for address in ("", "appels/", "libre/", "bilan/"):
        page.goto(f"{exercise.url}/console/exercice/{address}")
        told = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults[address] = [one["id"] for one in told["violations"]] + ["too wide"] * wide
    page.close()

    assert not any(faults.values()), faults


def test_the_hot_wash_is_judged_and_written(exercise, new_context):
    chief = at_the_desk(exercise, new_context)
    first_call(exercise, new_context).close()
    chief.get_by_role("button", name="Terminer l'exercice").click()
    chief.get_by_role("link", name="Ouvrir le bilan").click()
    first = chief.locator("#i-i1")
    first.get_by_role("button", name="C'était fait").first.click()
    expect(chief.locator("#i-i1")).to_contain_text("jugé par Direction d'exercice")
    chief.get_by_label("Les cinq dossiers ont-ils été reliés").fill("Non : deux sur cinq.")
    chief.get_by_role("button", name="Garder", exact=True).first.click()
    expect(chief.get_by_label("Les cinq dossiers")).to_have_value("Non : deux sur cinq.")
    told = Axe().run(chief, options={"runOnly": {"type": "tag", "values": RULES}}).response
    chief.close()

    assert [one["id"] for one in told["violations"]] == []
