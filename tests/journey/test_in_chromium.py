"""The same way as people walk it: a telephone for Denise, a wide screen for Alice."""

import re

import pytest

from csirt.directory.loading import load_places
from incidents.models import Incident
from tests.journey.test_journey import FORM_REPORTS
from tests.people import cookies_of

GIVEN = next(given for given in FORM_REPORTS if given["id"] == "r01")
TYPED = {
    "ou_texte": GIVEN["place"]["insee"],
    "organisme": GIVEN["organisation"],
    "contact_phone": GIVEN["contact"]["phone"],
    "recit": GIVEN["text_fr"],
}


def answer(page):
    """Answer what this page asks, by touching labels and typing, and go on."""
    touched = {"kind": GIVEN["victim_kind"], **GIVEN["answers"]}
    for name, values in touched.items():
        for value in values if isinstance(values, list) else [values]:
            choice = page.locator(f"main input[name='{name}'][value='{value}']")
            if choice.count():
                page.locator(f"label[for='{choice.get_attribute('id')}']").click()
    for name, text in TYPED.items():
        field = page.locator(f"main [name='{name}']")
        if field.count():
            field.fill(text)
    page.locator("main").get_by_role("button", name="Continuer").click()


@pytest.mark.timeout(240)
def test_denise_files_on_her_telephone_and_alice_sees_it_appear(
    transactional_db, alice, live_desk, new_context
):
    load_places()
    desk = new_context(viewport={"width": 1280, "height": 900})
    desk.add_cookies(
        [{"name": k, "value": v, "url": live_desk.url} for k, v in cookies_of(alice).items()]
    )
    console = desk.new_page()
    console.goto(f"{live_desk.url}/console/")
    console.get_by_text("En direct").wait_for()

    phone = new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = phone.new_page()
    page.goto(live_desk.url)
    page.get_by_role("link", name="Je suis attaqué maintenant").click()
    for _ in range(12):
        if page.url.endswith("/verification/"):
            break
        answer(page)
    page.get_by_role("button", name="Envoyer mon signalement").click()
    page.get_by_text(re.compile(r"OCC-\w{4}-\w{2}")).first.wait_for()
    case = Incident.objects.get()

    console.get_by_text(re.compile(r"1\s+nouveau")).click()
    console.get_by_role("link", name=case.reference).click()
    console.get_by_role("button", name="Prendre en charge").click()
    console.get_by_text("En qualification").first.wait_for()

    assert Incident.objects.get().state == "triage"
    assert case.priority == GIVEN["expected"]["priority"]
