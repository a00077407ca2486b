"""The case page by hand and eye: who reads what one writes, copying on purpose, UTC, print."""

import re
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from csirt.accounts.principals import Person
from csirt.journal import drain
from csirt.kernel.clock import now
from incidents.services import casework, dating, following, observing, tagging
from tests.console.test_search_browser import LOOKS, RULES, console

HOSTILE = "<img src=x onerror=alert(1)> javascript:alert(1) https://mechant.example/x"


@pytest.fixture
def full(alice, denise):
    """A case with a word of everything, hostile where people write."""
    ids = {"incident": denise.incident.uuid, "by": Person.of(alice), "now": now()}
    casework.add_note(**ids, text=f"Note {HOSTILE}")
    following.write_to_victim(**ids, token="a" * 32, text=f"Bonjour {HOSTILE}")
    observing.paste_observables(**ids, text="https://mechant.example/x et 203.0.113.9")
    dating.date_event(
        **ids, day="2026-11-12", hour="03:00", zone="Asia/Tokyo", approximate=True, text=HOSTILE
    )
    tagging.tag(**ids, name="lockbit-3")
    drain()
    return SimpleNamespace(
        path=f"/console/dossiers/{denise.incident.uuid}/",
        dated=denise.incident.dated_events.get(),
        url=denise.incident.observables.get(type="url"),
    )


def test_what_the_victim_reads_cannot_be_taken_for_a_note(live_desk, new_context, alice, full):
    page = console(live_desk, new_context, alice)
    page.goto(live_desk.url + full.path)
    theirs = page.get_by_role("region", name="Conversation avec la victime")
    ours = page.get_by_role("region", name="Notes internes, jamais montrées à la victime")

    expect(theirs).to_contain_text("Lu par la victime")
    expect(ours).to_contain_text("Lu par l'équipe seule")
    expect(theirs.get_by_role("button", name="Envoyer à la victime")).to_be_visible()
    expect(ours.get_by_role("button", name="Garder cette note interne")).to_be_visible()
    assert theirs.locator("textarea").count() == ours.locator("textarea").count() == 1
    left, right = theirs.bounding_box(), ours.bounding_box()
    assert left["x"] + left["width"] <= right["x"]
    looks = [
        box.evaluate(
            "e => [getComputedStyle(e).borderLeftStyle, getComputedStyle(e).borderTopColor]"
        )
        for box in (theirs, ours)
    ]
    assert looks[0][0] != looks[1][0]
    assert looks[0][1] != looks[1][1]
    page.close()


def test_values_are_copied_on_purpose_by_the_keyboard_and_it_is_said(
    live_desk, new_context, alice, full
):
    page = console(live_desk, new_context, alice)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(live_desk.url + full.path)
    live = "https://mechant.example/x"
    shown = "hxxps://mechant[.]example/x"

    page.locator(f'[data-copy="{shown}"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text(f"Copié : {shown}")
    assert page.evaluate("navigator.clipboard.readText()") == shown
    page.locator(f'[data-copy="{live}"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Valeur vive copiée")
    assert page.evaluate("navigator.clipboard.readText()") == live
    assert page.locator("a[href^='http'], a[href^='javascript']").count() == 0
    page.close()


def test_utc_is_shown_by_the_pointer_and_by_focus(live_desk, new_context, alice, full):
    page = console(live_desk, new_context, alice)
    page.goto(live_desk.url + full.path)
    moment = page.locator(".dated time")
    shown = "e => getComputedStyle(e, '::after').content"
    assert moment.evaluate(shown) == "none"
    moment.focus()
    assert re.search(r"11/11/2026\s18:00:00\sUTC", moment.evaluate(shown))
    page.locator("h1").first.click()
    moment.hover()
    assert "UTC" in moment.evaluate(shown)
    page.close()


def test_printed_it_holds_the_case_and_no_controls(live_desk, new_context, alice, full):
    page = console(live_desk, new_context, alice)
    page.goto(live_desk.url + full.path)
    page.emulate_media(media="print")

    for words in ("Conversation avec la victime", "Notes internes", "Observables", "Historique"):
        expect(page.get_by_role("heading", name=re.compile(words)).first).to_be_visible()
    for control in page.locator("main button, main textarea, main select").all():
        expect(control).not_to_be_visible()
    page.close()


def test_it_works_without_a_script(live_desk, new_context, alice, full):
    page = console(live_desk, new_context, alice, java_script_enabled=False)
    page.goto(live_desk.url + full.path)
    assert page.locator("[data-copy]:visible").count() == 0
    page.goto(f"{live_desk.url}{full.path}observables/{full.url.uuid}")
    page.get_by_role("link", name="Afficher la valeur vive").click()
    expect(page.locator(".live-value")).to_have_text("https://mechant.example/x")
    page.goto(f"{live_desk.url}{full.path}?groupe=moments")
    expect(page.locator(".timeline > li")).to_have_count(1)
    page.close()


@pytest.mark.once
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_overflows(look, live_desk, new_context, bruno, full):
    viewport = {"width": LOOKS[look], "height": 720}
    page = console(live_desk, new_context, bruno, viewport=viewport, color_scheme=look)
    faults = {}
    for path in (
        full.path,
        f"{full.path}observables/{full.url.uuid}?vive=oui",
        f"{full.path}moments/{full.dated.uuid}",
        "/console/journal/",
        "/console/etiquettes/",
    ):
        page.goto(live_desk.url + path)
        told = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults[path] = [one["id"] for one in told["violations"]] + ["too wide"] * wide
    page.close()

    assert not any(faults.values()), faults
