"""Keys in Chromium: the palette, sequences and hints come from one declaration, and harm nobody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.models import Incident
from incidents.services import casework
from tests.console.case import address, fresh, qualified
from tests.people import cookies_of, file_case

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
LOOKS = {"light": 1280, "dark": 320}


@pytest.fixture
def enter(live_desk, new_context, alice):
    """Return a function that opens a page of the console as Alice."""
    pages = []

    def opened(path="/console/", **options):
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


def chosen(page):
    """What a screen reader is told to be chosen in the palette."""
    active = page.locator("#palette-asked").get_attribute("aria-activedescendant")
    return page.locator(f"#{active}")


def test_the_palette_finds_an_act_without_accents_and_does_it(enter, alice, denise):
    qualified(denise.incident, Person.of(alice))
    page = enter(address(denise.incident))
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-asked")).to_be_focused()
    expect(page.get_by_role("option", name="Écrire une note c")).to_be_visible()
    page.keyboard.type("resoudre")
    expect(page.locator("#palette-count")).to_have_text("1 choix")
    expect(chosen(page)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")

    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#f-resolve-reason")).to_be_focused()


def test_it_leads_everywhere_and_gives_the_focus_back(enter, denise):
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("Control+k")
    for _ in range(4):  # Tab stays inside
        page.keyboard.press("Tab")
        assert page.evaluate(
            "palette.contains(document.activeElement) || document.body === document.activeElement"
        )
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('#queue a.ref')")

    page.locator("#commands").click()
    page.keyboard.type("annuaire")
    page.keyboard.press("Enter")
    expect(page).to_have_url(page.url.split("/console/")[0] + "/console/annuaire/")
    page.keyboard.press("g")
    expect(page.locator("#sequence")).to_contain_text("Aller au tri")
    page.keyboard.press("q")
    expect(page.locator("#queue")).to_be_visible()


def test_what_a_reporter_wrote_is_text_in_it(enter, alice, denise):
    Incident.objects.filter(pk=denise.incident.pk).update(title="<img src=x onerror=alert(1)>")
    page = enter(address(denise.incident))
    page.keyboard.press("Control+k")

    assert page.locator("#palette img").count() == 0


def test_the_keys_of_a_case(enter, alice, denise):
    case = qualified(denise.incident, Person.of(alice))
    page = enter(address(case))
    page.keyboard.press("c")
    expect(page.locator("#f-note-text")).to_be_focused()
    page.keyboard.type("ejs?")  # written, not carried out
    expect(page.locator("#f-note-text")).to_have_value("ejs?")
    page.locator("h1").click()
    page.keyboard.press("s")
    expect(page.get_by_role("option", name="Contenu : rétablir")).to_be_visible()
    expect(page.get_by_role("option", name="Aller")).to_have_count(0)
    page.keyboard.type("contenu")
    page.keyboard.press("Enter")
    expect(page.locator(".case-head .state-recovery")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator(".case-head .state-active")).to_be_visible()
    page.keyboard.press("m")
    expect(page.locator("#f-merge-into")).to_be_focused()

    assert fresh(case).state == "active"


def test_a_priority_is_changed_by_keys_and_taken_back(enter, alice, denise):
    case = qualified(denise.incident, Person.of(alice))
    page = enter(address(case))
    page.keyboard.press("Control+k")
    page.keyboard.type("changer la priorite")
    expect(page.locator("#palette-list li")).to_have_text(["Changer la priorité p"])
    page.keyboard.press("Escape")
    expect(page.locator("#palette-asked")).not_to_be_focused()
    page.keyboard.press("p")
    expect(page.locator("#f-priorite-priority")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.locator("#f-priorite-reason").fill("Le maire est joint.")
    page.locator('form[action$="/faire/priorite"] .button').click()
    expect(page.locator(".case-head .priority-p2")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator(".case-head .priority-p1")).to_be_visible()

    assert fresh(case).priority == "P1"


def test_a_key_that_has_nothing_to_do_says_so(enter, denise):
    page = enter(address(denise.incident))
    page.keyboard.press("e")

    expect(page.locator("#sequence")).to_contain_text("Rien à faire ici pour l'instant")


def test_the_queue_hands_a_key_on_to_the_case(enter, alice, denise):
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("c")

    expect(page.locator("#f-note-text")).to_be_focused()


def test_single_letters_are_off_for_who_does_not_want_them(enter, alice, denise):
    alice.keys_enabled = False
    alice.save()
    page = enter(address(denise.incident))
    for key in ("a", "g", "c", "?"):
        page.keyboard.press(key)
    assert page.locator("main kbd, [aria-keyshortcuts]:not(#commands)").count() == 0
    expect(page.locator("#sequence")).to_be_empty()
    expect(page.locator("#f-note-text")).not_to_be_focused()
    page.keyboard.press("Control+k")

    expect(page.get_by_role("option", name="Écrire une note")).to_be_visible()
    assert page.locator("#palette-list kbd").count() == 0
    assert fresh(denise.incident).state == "new"


@pytest.mark.once
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_the_palette_and_the_help(look, enter, denise):
    file_case()
    page = enter(viewport={"width": LOOKS[look], "height": 720}, color_scheme=look)
    faults = {}
    for key, seen in {"?": "#help[open]", "Control+k": "#palette[open]"}.items():
        page.keyboard.press(key)
        expect(page.locator(seen)).to_be_visible()
        told = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults[key] = [one["id"] for one in told["violations"]] + ["too wide"] * wide

    assert not any(faults.values()), faults


def test_what_a_colleague_changed_since_is_not_taken_back(
    enter, alice, bruno, denise, console_errors
):
    page = enter(address(denise.incident))
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Annuler")).to_be_visible()
    one = fresh(denise.incident)
    casework.assign(
        incident=one.uuid, version=one.version, by=Person.of(bruno), to=bruno.uuid, now=now()
    )
    page.keyboard.press("u")
    expect(page.get_by_role("alert")).to_contain_text("Ce dossier vient de changer")

    assert fresh(denise.incident).assignee == bruno
    console_errors[:] = [error for error in console_errors if "409" not in error.split()]
