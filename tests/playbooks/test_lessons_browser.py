"""Lessons in a browser: from a review to a published version without a script; nothing for axe to find."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from playbooks.models import Lesson
from tests.console.case import address
from tests.console.test_search_browser import LOOKS, RULES, console
from tests.incidents.conftest import case_in
from tests.playbooks.test_editing import NAME
from tests.playbooks.test_lessons import WORDS, learn, take

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_overflows(look, live_desk, new_context, alice, bruno):
    case = case_in("closed", alice)
    learn(alice, case), learn(alice, case, words="Le numéro était faux.")
    page = console(
        live_desk, new_context, bruno,
        viewport={"width": LOOKS[look], "height": 720}, color_scheme=look,
    )  # fmt: skip
    faults = {}

    def see(address_):
        page.goto(live_desk.url + address_)
        for one in page.locator("main details").all():
            one.evaluate("one => { one.open = true; }")
        told = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults[address_] = [one["id"] for one in told["violations"]] + ["too wide"] * wide

    for at in (f"{address(case, 'retour')}/", "/console/playbooks/", f"/console/playbooks/{NAME}/"):
        see(at)
    page.get_by_role("button", name="Ouvrir l'éditeur").first.click()
    see(page.url.removeprefix(live_desk.url))
    row = take(alice, Lesson.objects.first())
    see(f"/console/playbooks/versions/{row.uuid}/")
    page.close()

    assert not any(faults.values()), faults


def test_a_lesson_goes_into_a_version_without_a_script(live_desk, new_context, alice, bruno):
    case = case_in("closed", alice)
    page = console(live_desk, new_context, alice, java_script_enabled=False)
    page.goto(f"{live_desk.url}{address(case, 'retour')}/")
    page.get_by_text("Proposer un changement").click()
    page.get_by_label("Quoi", exact=True).select_option(value=NAME)
    page.get_by_label("Ce qu'il faudrait changer, et pourquoi").fill(WORDS)
    page.get_by_role("button", name="Proposer", exact=True).click()
    expect(page.get_by_text(WORDS)).to_be_visible()
    page.close()

    page = console(live_desk, new_context, bruno, java_script_enabled=False)
    page.goto(f"{live_desk.url}/console/playbooks/")
    page.get_by_role("link", name="1 leçon à lire").click()
    page.get_by_role("button", name="Ouvrir l'éditeur").click()
    expect(page.get_by_text(WORDS).first).to_be_visible()
    page.get_by_text("Titre, premiers gestes, pour qui").click()
    page.get_by_label("Titre, en français").fill("Faux RIB, avec le comptable")
    page.get_by_role("button", name="Garder dans le brouillon").click()
    page.get_by_label("Ce qui change et pourquoi").fill("Le comptable public, tout de suite.")
    page.locator('label[for="f-lessons"]').click()
    page.get_by_role("button", name="Proposer", exact=True).click()
    page.get_by_role("button", name="Publier cette version").click()
    expect(page.get_by_role("heading", name="Dossiers dont vient cette version")).to_be_visible()
    expect(page.get_by_role("link", name=case.reference)).to_be_visible()
    page.close()

    assert Lesson.objects.get().state == "taken"
