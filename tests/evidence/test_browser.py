"""The follow-up page's files in a real browser: several at once with the module, one without."""

import hashlib
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from csirt.kernel import codes
from incidents.models import Evidence
from tests.people import cookies_of, file_case

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
NARROW = {"width": 320, "height": 640}
KEPT = "section[aria-labelledby=fichiers] > ul > li"
SHOTS = os.environ.get("SCREENSHOTS")


def opened(page, url, victim):
    page.goto(f"{url}/suivi/")
    page.locator("[name=code]").fill(codes.grouped(victim.code))
    page.locator("main form button").first.click()
    page.locator("#fichiers").wait_for()


def accessible(page):
    found = Axe().run(page, options={"runOnly": TAGS}).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def shot(page, name):
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def given(*sizes):
    return [
        {"name": f"écran-{n}.png", "mimeType": "image/png", "buffer": os.urandom(size)}
        for n, size in enumerate(sizes, 1)
    ]


def test_several_files_go_one_after_the_other(live_desk, denise, new_context, alice):
    page = new_context(viewport=NARROW).new_page()
    opened(page, live_desk.url, denise)
    shot(page, "before")
    files = given(200_000, 3_000_000, 1)
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("button", name="Envoyer ces fichiers").click()
    page.locator(KEPT).nth(2).wait_for()

    assert Evidence.objects.count() == 3
    kept = set(Evidence.objects.values_list("sha256", flat=True))
    assert kept == {hashlib.sha256(file["buffer"]).hexdigest() for file in files}
    accessible(page)
    shot(page, "after")

    desk = new_context(viewport={"width": 1200, "height": 900})
    desk.add_cookies(
        [{"name": n, "value": v, "url": live_desk.url} for n, v in cookies_of(alice).items()]
    )
    console = desk.new_page()
    console.goto(f"{live_desk.url}/console/dossiers/{denise.incident.uuid}/")
    console.locator("#evidence-title").scroll_into_view_if_needed()
    assert console.locator("section[aria-labelledby=evidence-title] tbody tr").count() == 3
    shot(console, "console")
    console.get_by_role("link", name="écran-1.png").click()
    console.get_by_role("button", name="Préparer le téléchargement").click()
    console.get_by_role("link", name="Télécharger le zip").wait_for()
    accessible(console)
    shot(console, "file")


def test_empty_and_too_big_are_told_and_the_others_go(live_desk, denise, new_context):
    page = new_context(viewport=NARROW).new_page()
    opened(page, live_desk.url, denise)
    page.evaluate("document.querySelector('form[data-files]').dataset.most = '1000'")
    page.locator("input[type=file]").set_input_files(given(0, 2000, 500))
    page.get_by_role("button", name="Envoyer ces fichiers").click()

    items = page.locator("[data-list] li")
    items.filter(has_text="reçu").wait_for()
    assert items.count() == 3
    assert "vide" in items.nth(0).inner_text()
    assert "trop gros, 25 Mo au plus" in items.nth(1).inner_text()
    shot(page, "refused")
    assert Evidence.objects.get().size == 500


def test_without_the_module_one_file_a_time(live_desk, denise, new_context, console_errors):
    page = new_context(viewport=NARROW, java_script_enabled=False).new_page()
    opened(page, live_desk.url, denise)
    page.get_by_role("button", name="Envoyer ce fichier").click()
    page.get_by_role("heading", name="Il y a un problème").wait_for()
    shot(page, "nothing-chosen")
    assert all("400" in error for error in console_errors)
    console_errors.clear()
    page.locator("input[type=file]").set_input_files(given(5_000)[0])
    page.get_by_role("button", name="Envoyer ce fichier").click()

    page.locator("bdi.filename", has_text="écran-1.png").wait_for()
    assert Evidence.objects.count() == 1


def test_a_network_that_is_cut_loses_no_file(live_desk, denise, new_context, console_errors):
    page = new_context(viewport=NARROW).new_page()
    opened(page, live_desk.url, denise)
    tries = []

    def cut_once(route):
        tries.append(route.request.url)
        if len(tries) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/suivi/fichiers/", cut_once)
    page.locator("input[type=file]").set_input_files(given(5_000, 6_000))
    page.get_by_role("button", name="Envoyer ces fichiers").click()
    page.locator(KEPT).nth(1).wait_for()

    assert len(tries) == 3
    assert Evidence.objects.count() == 2
    assert all("ERR_CONNECTION_RESET" in error for error in console_errors)
    console_errors.clear()


def test_words_only_on_the_phone(live_desk, new_context):
    victim = file_case(victim_kind="particulier", category="sextorsion")
    page = new_context(viewport=NARROW).new_page()
    opened(page, live_desk.url, victim)

    assert page.locator("input[type=file]").count() == 0
    accessible(page)
    shot(page, "words-only")


@pytest.fixture(autouse=True)
def empty_store():
    """The store is the running desk's."""
