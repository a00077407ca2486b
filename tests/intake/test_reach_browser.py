"""The victim's pages for who sees, types and reads otherwise: keys alone, forced colours, large text."""

import pytest

from incidents.models import Incident, Message
from tests.intake.browsing import MOST_PAGES, REPORTS, cookies, returning, writing
from tests.intake.conftest import of_report
from tests.intake.test_followup_questions import ANSWERS, INPUTS
from tests.keyboard import Keyboard
from tests.people import file_case

pytestmark = pytest.mark.once

ASKED = """[...new Map([...document.querySelectorAll(
    "main :is(input:not([type=hidden]), textarea)"
)].map(one => [one.name, one.type]))]"""
# What would be told apart by its ground alone has an edge of its own when colours are forced.
WITHOUT_EDGE = """[...document.querySelectorAll(".button, .panel, .notice, .error-summary, .badge")]
    .filter(one => one.offsetWidth && getComputedStyle(one).borderBlockStartStyle === "none")
    .map(one => one.className)"""
TOO_WIDE = """() => [...document.querySelectorAll("main *, header *, footer *")]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll"))
    .map(one => one.outerHTML.slice(0, 90)).slice(0, 3)"""


def test_a_report_is_filed_with_the_keyboard_alone(live_desk, places, new_context):
    """Tab, arrows, Space and Enter; the focus shows at each stop and nothing lies over it."""
    page = new_context(viewport={"width": 390, "height": 640}).new_page()
    page.goto(live_desk.url)
    keys, values = Keyboard(page), of_report(REPORTS["r05"])
    keys.go('main a[href="/signaler/"]')
    for _ in range(MOST_PAGES):
        if "/verification/" in page.url:
            break
        for name, kind in page.evaluate(ASKED):
            for value in filter(None, values.get(name, ())):
                if kind == "radio":
                    keys.choose(name, value)
                elif kind == "checkbox":
                    keys.to(f'[name="{name}"][value="{value}"]')
                    keys.press("Space")
                else:
                    keys.to(f'[name="{name}"]')
                    page.keyboard.insert_text(value)
        keys.go("#reponses .button")
    keys.go("main form .button")
    keys.to("#f-note")
    keys.press("Space")
    keys.go('[action$="/note/"] .button')
    keys.to("#f-message")
    page.keyboard.insert_text("Merci.")
    keys.go('[action$="/message/"] .button')

    assert Incident.objects.get().priority == REPORTS["r05"]["expected"]["priority"]
    assert Message.objects.get().text == "Merci."
    assert keys.faults == []


def test_forced_colours_large_text_and_a_narrow_screen_take_nothing_away(
    live_desk, places, new_context
):
    context = new_context(forced_colors="active")
    page, found = context.new_page(), {}

    def look(name):
        found[name, "edges"] = page.evaluate(WITHOUT_EDGE)
        for width, size in ((320, "100%"), (640, "200%")):
            page.set_viewport_size({"width": width, "height": 640})
            page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            found[name, size] = page.evaluate(TOO_WIDE)

    page.goto(live_desk.url)
    look("home")
    page.goto(f"{live_desk.url}/signaler/danger/")
    page.locator("#reponses .button").click()
    look("error")
    page.locator("label[for=f-danger]").click()
    chosen = page.locator(".choice", has=page.locator("#f-danger"))
    ring = "one => getComputedStyle(one).outlineStyle"
    found["chosen"] = [] if chosen.evaluate(ring) != "none" else ["looks as the others"]
    case = file_case(answers=ANSWERS, inputs=INPUTS)
    context.add_cookies(cookies(writing(returning(case.code)), live_desk.url))
    page.goto(f"{live_desk.url}/signaler/verification/")
    look("check")
    page.locator("main form .button").click()
    look("confirmation")
    page.goto(f"{live_desk.url}/suivi/")
    look("follow-up")

    assert {name: said for name, said in found.items() if said} == {}
