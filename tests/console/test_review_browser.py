"""The pages of a review in a browser: without a script, and nothing for axe to find."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from incidents.models import Review
from tests.console.test_review import act, at, save
from tests.console.test_search_browser import LOOKS, RULES, console
from tests.incidents.conftest import case_in
from tests.incidents.test_follow_ups import answer, send

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_overflows(look, live_desk, new_context, alice):
    case = case_in("closed", alice)
    act(alice, case)
    send(case, 30)
    page = console(
        live_desk, new_context, alice,
        viewport={"width": LOOKS[look], "height": 720}, color_scheme=look,
    )  # fmt: skip
    faults = {}

    def see(address):
        page.goto(live_desk.url + address)
        for one in page.locator("main details").all():
            one.evaluate("one => { one.open = true; }")
        told = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults[address] = [one["id"] for one in told["violations"]] + ["too wide"] * wide

    lists = [
        f"/console/retours/?vue={view}" for view in ("a-ecrire", "actions", "suivis", "causes")
    ]
    for address in (at(case), at(case, "feuille"), *lists):
        see(address)
    save(alice, case)
    answer(case, {"marche": "non"})
    for address in (at(case), at(case, "feuille"), lists[-1], f"/console/dossiers/{case.uuid}/"):
        see(address)
    page.close()

    assert not any(faults.values()), faults


def test_a_review_is_written_without_a_script(live_desk, new_context, alice, console_errors):
    case = case_in("review", alice)
    page = console(live_desk, new_context, alice, java_script_enabled=False)
    page.goto(f"{live_desk.url}/console/dossiers/{case.uuid}/")
    page.get_by_role("link", name="Retour d'expérience").click()
    page.get_by_label("Cause", exact=True).select_option(label="Compte sans second facteur")
    page.get_by_label("Ce qui a marché").fill("La comptable a appelé tout de suite.")
    page.get_by_label("Heures passées").fill("trois")
    page.get_by_role("button", name="Garder ce retour d'expérience").click()
    expect(page.get_by_role("link", name="Donnez un nombre d'heures")).to_be_visible()
    expect(page.get_by_label("Ce qui a marché")).to_have_value(
        "La comptable a appelé tout de suite."
    )
    assert len(console_errors) == 1
    console_errors.clear()  # the answer was 400
    page.get_by_label("Heures passées").fill("3,5")
    page.get_by_role("button", name="Garder ce retour d'expérience").click()
    expect(page.get_by_text("C'est noté.")).to_be_visible()
    page.get_by_role("link", name="Voir la feuille à imprimer").click()
    expect(page.get_by_text("Alice a résolu le dossier.")).to_be_visible()
    page.close()

    assert Review.objects.get().cause == "sans-second-facteur"
