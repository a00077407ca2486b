"""The same way as people walk it: a telephone for Denise, a wide screen for Alice, Chloé's program."""

import re

import pytest
from taxii2client.v21 import Server, as_pages

from csirt.directory.loading import load_places
from incidents.models import Incident
from tests.journey.test_journey import FORM_REPORTS, partner, within
from tests.people import cookies_of

GIVEN = next(given for given in FORM_REPORTS if given["id"] == "r06")
INDICATOR = "connexion-webmel.example"
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


def qualified(console):
    """Qualify the case whose page is open, with what its report is expected to be."""
    form = console.locator("form[action$='/etape/qualify']")
    console.locator("details.act", has=form).locator("summary").click()
    given = {"kind": "incident", "tlp": "green"}
    given |= {name: GIVEN["expected"][name] for name in ("category", "priority")}
    for name, value in given.items():
        choice = form.locator(f"[name='qualify-{name}']")
        if choice.first.evaluate("one => one.tagName") == "SELECT":
            choice.select_option(value)
        else:
            form.locator(f"[name='qualify-{name}'][value='{value}']").check(force=True)
    form.get_by_role("button").click()
    console.get_by_text("En traitement").first.wait_for()


def released(console):
    """Mark the indicator, read what would leave, approve it."""
    row = console.get_by_role("row", name=f"Nom de domaine {INDICATOR.replace('.', '[.]')}")
    row.locator("select").select_option("indicator")
    with console.expect_navigation():
        row.get_by_role("button", name="Noter").click()
    console.get_by_label("Communauté").check(force=True)
    console.get_by_role("button", name="Préparer l'aperçu").click()
    approve = console.get_by_role("button", name="Approuver et diffuser ce texte")
    with console.expect_navigation():
        approve.click(timeout=30_000)


__all__ = ["partner"]  # the fixture


@pytest.mark.timeout(240)
def test_denise_files_on_her_telephone_alice_releases_and_chloe_pulls(
    alice, partner, live_desk, live_worker, new_context
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

    within(20, lambda: case.observables.filter(value=INDICATOR).exists())  # they change the case
    console.get_by_text(re.compile(r"1\s+nouveau")).click()
    console.get_by_role("link", name=case.reference).click()
    console.get_by_role("button", name="Prendre en charge").click()
    console.get_by_text("En qualification").first.wait_for()

    assert Incident.objects.get().state == "triage"
    assert case.priority == GIVEN["expected"]["priority"]
    qualified(console)
    released(console)

    server = Server(f"{live_desk.url}/taxii2/", user="csirt-voisin", password=partner[1])

    def patterns():
        pages = as_pages(server.default.collections[0].get_objects)
        return [one.get("pattern") for page in pages for one in page.get("objects", [])]

    assert f"[domain-name:value = '{INDICATOR}']" in within(30, patterns)
