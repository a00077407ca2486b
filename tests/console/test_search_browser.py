"""``/`` leads to the search from any page of the console, and Enter finds."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from csirt.journal import drain
from tests.people import cookies_of

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
LOOKS = {"light": 1280, "dark": 320}


def console(live_desk, new_context, user, **options):
    context = new_context(**{"viewport": {"width": 1280, "height": 720}, **options})
    held = cookies_of(user).items()
    context.add_cookies([{"name": name, "value": one, "url": live_desk.url} for name, one in held])
    return context.new_page()


def test_a_case_is_found_by_keys_from_anywhere(live_desk, new_context, alice, denise):
    drain()
    page = console(live_desk, new_context, alice)
    page.goto(f"{live_desk.url}/console/annuaire/")
    page.keyboard.press("/")
    expect(page.locator("#f-find")).to_be_focused()
    page.keyboard.type("lockbits/")  # typed here, a slash is a slash
    page.keyboard.press("Enter")

    expect(page.locator("mark")).to_have_text("lockbit")
    expect(page.locator("#f-find")).to_have_value("lockbits/")
    expect(page.locator(".found .ref")).to_have_text(denise.reference)
    page.close()


def test_who_wants_no_keys_has_none(live_desk, new_context, alice):
    alice.keys_enabled = False
    alice.save()
    page = console(live_desk, new_context, alice)
    page.goto(f"{live_desk.url}/console/annuaire/")
    page.keyboard.press("/")

    expect(page.locator("#f-find")).not_to_be_focused()
    page.close()


@pytest.mark.once
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_overflows(look, live_desk, new_context, alice, denise):
    drain()
    viewport = {"width": LOOKS[look], "height": 720}
    page = console(live_desk, new_context, alice, viewport=viewport, color_scheme=look)
    faults = {}
    for question in ("", "lockbit", "couleur:rouge dep:99", "zqnullepart"):
        page.goto(f"{live_desk.url}/console/recherche/?q={question}")
        told = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults[question] = [one["id"] for one in told["violations"]] + ["too wide"] * wide
    page.close()

    assert not any(faults.values()), faults
