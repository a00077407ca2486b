"""Several cases chosen by keys, and without any script: the same boxes, the same buttons."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.models import Incident
from incidents.services import transitions
from tests.people import cookies_of, file_case

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
LATER = {"category": "spam", "inputs": {"evolution": "tentative"}, "asked": None}  # P4


@pytest.fixture
def enter(live_desk, new_context, alice):
    pages = []

    def opened(path="/console/?vue=tous", **options):
        context = new_context(**{"viewport": {"width": 1280, "height": 720}, **options})
        held = cookies_of(alice).items()
        context.add_cookies([{"name": n, "value": v, "url": live_desk.url} for n, v in held])
        page = context.new_page()
        pages.append(page)
        page.goto(live_desk.url + path)
        return page

    yield opened

    for page in pages:
        page.close()


def states():
    return sorted(Incident.objects.values_list("state", flat=True))


def test_chosen_by_keys_taken_and_taken_back(enter):
    for _ in range(3):
        file_case(**LATER)
    page = enter()
    expect(page.locator("#live[data-state=live]")).to_be_visible()
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("#bulk [role=status]")).to_have_text("2 dossiers choisis")
    page.keyboard.press("a")
    expect(page.get_by_text("Me les attribuer : 2 dossiers.")).to_be_visible()
    assert states() == ["new", "triage", "triage"]
    page.keyboard.press("u")
    expect(page.get_by_text("Annulé sur 2 dossiers.")).to_be_visible()

    assert states() == ["new"] * 3


def test_the_version_sent_is_the_one_that_the_row_shows(enter, bruno):
    one = file_case(**LATER).incident
    page = enter()
    expect(page.locator("#live[data-state=live]")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("x")
    transitions.take(incident=one.uuid, version=1, by=Person.of(bruno), now=now())
    expect(page.locator("#queue tbody tr")).to_have_attribute("data-version", "2")
    other = file_case(**LATER)
    page.locator("#held").click()
    expect(page.get_by_label(f"Choisir {other.reference}")).to_be_visible()
    page.locator("#choose-all").click()
    expect(page.locator("#bulk [role=status]")).to_have_text("2 dossiers choisis")
    page.locator('#bulk [value="rejeter"]').click()
    page.locator("#f-rejeter-reason").fill("Un essai.")
    page.get_by_role("button", name="Sans suite").click()
    expect(page.get_by_text("Sans suite : 2 dossiers.")).to_be_visible()

    assert states() == ["rejected", "rejected"]


def test_enter_on_a_box_opens_the_case_and_changes_nothing(enter):
    one = file_case(**LATER)
    page = enter()
    page.get_by_label(f"Choisir {one.reference}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(one.reference)

    assert states() == ["new"]


def test_without_a_script(enter):
    one, two = file_case(**LATER), file_case(**LATER)
    page = enter(java_script_enabled=False)
    for victim in (one, two):
        page.get_by_label(f"Choisir {victim.reference}").check()
    page.get_by_role("button", name="Réunir…").click()
    page.locator("label", has_text=one.reference).first.click()
    page.get_by_role("button", name="Réunir").click()
    expect(page.get_by_text("Réunir : un dossier.")).to_be_visible()
    assert states() == ["duplicate", "new"]
    page.get_by_role("button", name="Annuler cette action").click()

    assert states() == ["new", "new"]


@pytest.mark.once
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_axe_finds_nothing_and_nothing_overflows(width, scheme, enter):
    for _ in range(2):
        file_case(**LATER)
    page = enter(viewport={"width": width, "height": 720}, color_scheme=scheme)
    faults = {}

    def look(name):
        told = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults[name] = [one["id"] for one in told["violations"]] + ["too wide"] * wide

    page.keyboard.press("j")
    page.keyboard.press("x")
    look("chosen")
    page.locator('#bulk [value="campagne"]').click()
    look("asked")
    page.locator("#f-campagne-name").fill("Vague de mars")
    page.locator("main form .button").last.click()
    page.goto(page.url.split("/console/")[0] + "/console/campagnes/")
    look("campaigns")
    page.locator("main th a").click()
    look("campaign")

    assert not any(faults.values()), faults
