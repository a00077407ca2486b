"""Asking for the kit's reminder on a telephone, with and without a script."""

import pytest
from playwright.sync_api import expect

from playbooks.models import KitReminder
from tests.playbooks.test_kit import THEMES
from tests.playbooks.test_kit_browser import PHONE, check
from tests.server import Web

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mailing_desk(transactional_db):
    """A desk that has a mail server to write through."""
    with Web(CSIRT_SMTP_URL="smtp://127.0.0.1:9") as web:
        yield web


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_secretary_asks_to_be_reminded_and_changes_her_mind(
    mailing_desk, new_context, console_errors, script, scheme
):
    page = new_context(**PHONE, color_scheme=scheme, java_script_enabled=script).new_page()
    see = check if script else lambda _page: None  # axe is a script
    page.goto(f"{mailing_desk.url}/kit/")
    page.get_by_role("button", name="Commencer").click()
    page.get_by_role("link", name="J'ai noté. Première question").click()
    for _ in THEMES:
        page.locator("main form button").click()
    page.get_by_text("Être prévenu par courriel").click()
    page.get_by_label("Votre adresse e-mail").fill("secretariat@mairie-exemple.fr")
    see(page)
    page.get_by_role("button", name="Me prévenir dans six mois").click()
    expect(page.get_by_text("Il y a un problème")).to_be_visible()
    see(page)
    assert len(console_errors) == 1
    console_errors.clear()  # the answer was 400
    page.get_by_text("J'accepte un seul courriel, dans six mois.").click()
    page.get_by_role("button", name="Me prévenir dans six mois").click()
    expect(page.get_by_text("Un seul courriel partira vers le")).to_be_visible()
    see(page)
    assert KitReminder.objects.count() == 1
    page.get_by_role("button", name="Ne plus me prévenir").click()
    expect(page.get_by_text("Être prévenu par courriel")).to_be_visible()

    assert not KitReminder.objects.exists()
