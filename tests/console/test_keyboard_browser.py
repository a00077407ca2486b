"""The queue and a case, by Tab, Space, Enter and arrows alone: no shortcut is the only way."""

from playwright.sync_api import expect

from incidents.models import Incident, Note
from tests.keyboard import Keyboard
from tests.people import cookies_of


def test_a_case_is_found_taken_qualified_and_noted(live_desk, new_context, alice, denise):
    alice.keys_enabled = False  # no key of ours: only the browser's
    alice.save()
    context = new_context(viewport={"width": 1280, "height": 720})
    held = cookies_of(alice).items()
    context.add_cookies([{"name": name, "value": one, "url": live_desk.url} for name, one in held])
    page = context.new_page()
    page.goto(f"{live_desk.url}/console/")
    expect(page.locator("#live[data-state=live]")).to_be_visible(timeout=15_000)
    keys = Keyboard(page)

    keys.to(".filters > summary")
    keys.press("Enter")
    keys.to("#f-priorite")
    keys.press("Space")
    keys.go(".filters .button")
    assert "priorite=P1" in page.url
    keys.go(f'#queue tr[data-id="{denise.incident.uuid}"] a.ref')
    keys.go('form[action$="/take"] .button')
    keys.to('details:has(form[action$="/qualify"]) > summary')
    keys.press("Enter")
    keys.choose("qualify-kind", "incident")
    keys.go('form[action$="/qualify"] .button')
    keys.to("#f-note-text")
    page.keyboard.insert_text("Vu.")
    keys.go('form[action$="/note"] .button')

    assert Incident.objects.get().state == "active"
    assert Note.objects.get().text == "Vu."
    assert keys.faults == []
    page.close()
