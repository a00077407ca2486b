"""Playbooks in Chromium: what a victim ticks appears at once on the analyst's page."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.models import Pack
from incidents.packing import asking
from playbooks.services import editing
from tests.console.test_live_browser import RULES, TOO_WIDE
from tests.people import cookies_of
from tests.playbooks.desk import attach, of, qualify, step


@pytest.fixture
def enter(live_desk, new_context):
    """Open a page of the console as somebody."""
    contexts = []

    def opened(user, path, **options):
        context = new_context(**options)
        contexts.append(context)
        context.add_cookies(
            [{"name": n, "value": v, "url": live_desk.url} for n, v in cookies_of(user).items()]
        )
        page = context.new_page()
        page.goto(live_desk.url + path)
        return page

    yield opened

    for context in contexts:
        context.close()


@pytest.fixture
def follow_up(live_desk, new_context, denise):
    """Open the follow-up page of Denise's case."""
    contexts = []

    def opened(**options):
        context = new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{live_desk.url}/suivi/")
        page.locator("#f-code").fill(codes.grouped(denise.code))
        page.get_by_role("button", name="Ouvrir").click()
        page.locator("#etapes").wait_for()
        return page

    yield opened

    for context in contexts:
        context.close()


@pytest.fixture
def case(transactional_db, denise, alice):
    found = qualify(denise.incident, alice)
    attach(found, alice)
    return found


def row(page, case, name="ran-p1"):
    return page.locator(f"#etape-{step(case, name).uuid}")


def test_a_victim_ticks_a_step_and_two_analysts_see_it_live(case, alice, bruno, enter, follow_up):
    path = f"/console/dossiers/{case.uuid}/"
    analysts = [enter(alice, path), enter(bruno, path)]
    for page in analysts:
        expect(page.locator("#present")).to_be_attached()
    victim = follow_up(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    victim.get_by_text("Couper Internet et débrancher les ordinateurs").click()
    victim.get_by_role("button", name="Noter ce qui est fait").last.click()

    for page in analysts:
        expect(row(page, case)).to_contain_text("la victime")
        expect(page.locator("#changed")).to_be_hidden()
    row(analysts[0], case, "ran-p2").get_by_role("button", name="Fait").click()
    expect(row(analysts[0], case, "ran-p2")).to_contain_text("Alice")
    expect(row(analysts[1], case, "ran-p2")).to_contain_text("Alice")
    focused = analysts[0].evaluate("document.activeElement.id")
    assert focused == f"agir-{step(case, 'ran-p2').uuid}"


@pytest.mark.once
def test_the_pages_are_for_everybody(case, alice, enter, follow_up):
    phone = {"viewport": {"width": 320, "height": 640}}
    draft = editing.begin(playbook="faux-rib-fovi", by=of(alice), now=now())
    asking.offer(incident=case.uuid, by=of(alice), offered=True, now=now())
    pages = [
        enter(alice, path, **options)
        for path in (
            f"/console/dossiers/{case.uuid}/",
            "/console/playbooks/",
            "/console/playbooks/faux-rib-fovi/",
            f"/console/playbooks/etapes/{step(case).uuid}/",
            f"/console/playbooks/versions/{draft.uuid}/",
            f"/console/playbooks/versions/{draft.uuid}/etape/rib-p2",
            f"/console/dossiers/{case.uuid}/plainte",
        )
        for options in (phone, {"color_scheme": "dark"})
    ]
    pages += [follow_up(**phone), follow_up(**phone)]
    pages[-1].get_by_role("button", name="Préparer le PDF").click()
    pages[-1].get_by_role("link", name="Regarder encore").wait_for()
    Pack.objects.update(failed=True)  # a page that waits would reload under axe
    pages[-1].reload()
    for page in pages:
        part = "#playbooks" if page.url.endswith(f"/dossiers/{case.uuid}/") else "main"
        found = Axe().run(page, context={"include": [[part]]}, options={"runOnly": RULES})
        assert found.response["violations"] == [], page.url
        assert page.evaluate(TOO_WIDE) == [], page.url
