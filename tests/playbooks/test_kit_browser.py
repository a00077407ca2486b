"""The readiness kit on a telephone, with and without JavaScript, and what a counsellor sees."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from csirt.directory.models import Organisation
from tests.console.test_live_browser import RULES, TOO_WIDE
from tests.intake.test_plain_words import too_long
from tests.people import agree, cookies_of
from tests.playbooks.test_kit import THEMES, begin, fill

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True}


def check(page):
    """Nothing that axe finds, and nothing wider than the screen."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert found.response["violations"] == [], found.generate_report()
    assert page.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_secretary_fills_it_on_her_telephone(live_desk, new_context, script, scheme):
    look = {"color_scheme": scheme}
    page = new_context(**PHONE, **look, java_script_enabled=script).new_page()
    see = check if script else lambda _page: None  # axe is a script
    page.goto(f"{live_desk.url}/")
    page.get_by_role("link", name="Kit de survie").click()
    see(page)
    page.get_by_role("button", name="Commencer").click()
    see(page)
    page.get_by_role("link", name="J'ai noté. Première question").click()
    for number in range(len(THEMES)):
        if number < 2:
            see(page)
        for legend in page.get_by_role("group").all():
            legend.get_by_text("Non", exact=True).click()
        last = number == len(THEMES) - 1
        page.get_by_role("button", name="Voir le résultat" if last else "Continuer").click()
    expect(page.get_by_text("Exposée")).to_be_visible()
    expect(page.get_by_role("heading", name="Vos prochains gestes")).to_be_visible()
    see(page)
    page.get_by_role("link", name="Qui appeler : la fiche des numéros").click()
    expect(page.get_by_text("Votre assureur")).to_be_visible()
    see(page)
    page.get_by_role("link", name="Kit de survie").click()
    page.get_by_role("link", name="La première heure d'une attaque").click()
    see(page)


@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_counsellor_begins_a_kit_with_a_body(live_desk, new_context, emile, denise, look):
    agree(emile.operators.get(), denise.incident)
    context = new_context(color_scheme=look, viewport={"width": 320, "height": 800})
    context.add_cookies(
        [{"name": n, "value": v, "url": live_desk.url} for n, v in cookies_of(emile).items()]
    )
    page = context.new_page()
    page.goto(f"{live_desk.url}/console/kits/")
    check(page)
    page.get_by_role("button", name="Commencer un kit").click()
    expect(page.get_by_text(Organisation.objects.get().name)).to_be_visible()
    check(page)
    page.get_by_role("link", name="J'ai noté. Première question").click()
    for _ in THEMES:
        page.locator("main form button").click()
    page.goto(f"{live_desk.url}/console/kits/")
    expect(page.get_by_text("Exposée · 0")).to_be_visible()
    check(page)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_is_read_is_short(language):
    from django.test import Client

    client, _code = begin(Client(headers={"accept-language": language}))
    fill(client, "non")
    client.post("/kit/encore/")
    pages = [f"/kit/questions/{theme}/" for theme in THEMES]
    for path in [*pages, "/kit/resultat/"]:
        assert too_long(client.get(path).content.decode(), language) == set(), path


@pytest.mark.parametrize("look", ["light", "dark"])
def test_who_needs_somebody_is_a_list_to_go_through(live_desk, new_context, alice, look):
    body = Organisation.objects.create(name="Mairie de Castagnac", kind="commune")
    context = new_context(color_scheme=look, viewport={"width": 320, "height": 800})
    context.add_cookies(
        [{"name": n, "value": v, "url": live_desk.url} for n, v in cookies_of(alice).items()]
    )
    page = context.new_page()
    page.goto(f"{live_desk.url}/console/prevention/?vue=sans-telephone")
    check(page)
    page.get_by_role("link", name=body.name).click()
    page.get_by_text("Noter ce qui a été fait").click()
    page.get_by_label("Quel jour").fill("2026-03-02")
    check(page)
    page.locator("#avant").get_by_role("button", name="Noter").click()
    expect(page.locator("#avant")).to_contain_text("02/03/2026")
    check(page)
