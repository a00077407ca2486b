"""Working together in Chromium: drafts outlive a tab, a new P1 is seen at once, two texts are compared."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from csirt.accounts.principals import Person
from csirt.journal import drain
from csirt.kernel.clock import now
from incidents.models import TextDraft
from incidents.services import casework
from tests.console.test_live_browser import RULES, TOO_WIDE, enter  # noqa: F401 - a fixture
from tests.people import file_case, person

NOTICES = """window.told = [];
window.Notification = class {
  constructor(text) { window.told.push(text); }
  static permission = "granted";
};"""


@pytest.fixture
def desk_of(live_desk, enter):  # noqa: F811 - the fixture
    """Return a function that opens a page of the desk as somebody."""
    return lambda user, path, **options: enter(live_desk, user, path, live=False, **options)


def test_what_is_typed_outlives_the_tab_for_its_author_alone(desk_of, alice, bruno, denise):
    path = f"/console/dossiers/{denise.incident.uuid}/"
    page = desk_of(alice, path)
    page.locator("#f-note-text").press_sequentially("Rappeler le prest")
    expect(page.locator("[data-of=note-text] [role=status]")).to_contain_text("Brouillon de")
    page.locator("#f-note-text").press_sequentially("ataire")
    page.close()  # before the pause that saves

    again = desk_of(alice, path)
    expect(again.locator("#f-note-text")).to_have_value("Rappeler le prestataire")
    expect(desk_of(bruno, path).locator("#f-note-text")).to_have_value("")

    again.get_by_role("button", name="Garder cette note").click()
    expect(again.locator(".talk .note .words")).to_have_text("Rappeler le prestataire")
    expect(again.locator("#f-note-text")).to_have_value("")
    assert not TextDraft.objects.exists()


def test_a_name_after_an_at_sign_is_offered_and_taken_by_keys(desk_of, alice, bruno, denise):
    person("Zoé", "analyst")
    page = desk_of(alice, f"/console/dossiers/{denise.incident.uuid}/")
    field = page.locator("#f-note-text")

    field.press_sequentially("Vu, @zo")
    expect(page.locator("[role=option]", has_text="Zoé")).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    field.press_sequentially("regarde.")

    expect(field).to_have_value("Vu, @Zoé regarde.")
    expect(page.locator("#f-note-text-people")).to_be_hidden()


def test_a_new_p1_is_told_on_any_page_by_its_reference_alone(desk_of, alice, bruno):
    page = desk_of(bruno, "/console/nouvelles/")
    page.context.add_init_script(NOTICES)
    page.reload()
    expect(page.locator("#bell .count")).to_be_hidden()
    page.wait_for_load_state("networkidle")

    case = file_case().incident

    line = page.get_by_role("alert")
    expect(line).to_have_text(f"Nouveau P1 : {case.reference}")
    assert page.evaluate("window.told") == [f"Nouveau P1 : {case.reference}"]
    drain()
    page.reload()
    expect(page.locator("#bell .count")).to_have_text("1")
    page.locator("main a.ref").click()
    expect(page.locator("#bell .count")).to_be_hidden()


@pytest.mark.once
def test_axe_finds_nothing_and_nothing_overflows(desk_of, live_desk, alice, bruno, denise):
    case = denise.incident
    note = casework.add_note(incident=case.uuid, by=Person.of(alice), text="Vu, @Bruno", now=now())
    drain()
    paths = ["nouvelles/", "astreinte/", "releve/", f"dossiers/{case.uuid}/notes/{note.uuid}/"]
    page = desk_of(bruno, "/console/nouvelles/")

    for path in paths:
        for scheme, width in (("light", 1280), ("dark", 320)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{live_desk.url}/console/{path}")
            found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
            where = [node["html"] for one in found["violations"] for node in one["nodes"]]
            assert where == [], path
            assert page.evaluate(TOO_WIDE) == [], path
