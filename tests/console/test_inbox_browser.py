"""The inbox by its keys: accepted, taken back, refused, put off, without the mouse."""

import pytest
from playwright.sync_api import expect

from incidents.models import Incident
from tests.people import cookies_of, file_case

pytestmark = pytest.mark.once


@pytest.fixture
def inbox(live_desk, new_context, alice):
    context = new_context(viewport={"width": 1280, "height": 720})
    held = cookies_of(alice).items()
    context.add_cookies([{"name": name, "value": one, "url": live_desk.url} for name, one in held])
    return context.new_page()


def test_one_key_for_each_answer(inbox, live_desk):
    first, second = (
        file_case(text="Un virus : l'antivirus crie.", category="virus").incident for _ in range(2)
    )
    inbox.goto(f"{live_desk.url}/console/tri/")
    inbox.keyboard.press("y")
    expect(inbox.get_by_text("Pris et qualifié")).to_be_visible()
    assert Incident.objects.get(pk=first.pk).state == "active"

    inbox.keyboard.press("u")
    expect(inbox.get_by_text("Annulé.")).to_be_visible()
    assert Incident.objects.get(pk=first.pk).state == "new"

    inbox.goto(f"{live_desk.url}/console/tri/{first.uuid}/")
    inbox.keyboard.press("j")
    expect(inbox).to_have_url(f"{live_desk.url}/console/tri/{second.uuid}/")
    inbox.keyboard.press("n")
    expect(inbox.get_by_label("Une autre", exact=True)).to_be_checked()
    inbox.locator("#f-accept-other").select_option("ddos")
    inbox.locator("#inbox h2").first.click()
    inbox.keyboard.press("y")
    expect(inbox.get_by_text("Pris et qualifié")).to_be_visible()
    assert Incident.objects.get(pk=second.pk).category == "ddos"


def test_the_way_back_is_gone_after_ten_seconds(inbox, live_desk):
    file_case()
    inbox.clock.install()
    inbox.goto(f"{live_desk.url}/console/tri/")
    inbox.keyboard.press("y")
    way = inbox.get_by_role("button", name="Annuler")
    expect(way).to_be_visible()

    inbox.clock.fast_forward(10_100)

    expect(way).to_have_count(0)
