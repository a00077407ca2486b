"""The pages of clocks in a browser: by keys alone, without a script, and nothing for axe to find."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from csirt.kernel.clock import now
from tests.console.test_search_browser import LOOKS, RULES, console
from tests.incidents.clocks import CNIL, act, clock
from tests.people import file_case


@pytest.mark.once
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_overflows(look, live_desk, new_context, alice):
    late = file_case(
        category="fovi-faux-rib", inputs={"argent": "recent", "donnees": "sensibles"},
        knowledge_at=now() - timedelta(days=5), knowledge_exact=True,
    ).incident  # fmt: skip
    act("explain", late, alice)
    act("meet", file_case().incident, alice)
    under = f"/console/dossiers/{late.uuid}/"
    page = console(
        live_desk, new_context, alice,
        viewport={"width": LOOKS[look], "height": 720}, color_scheme=look,
    )  # fmt: skip
    faults = {}
    for address in (
        "/console/horloges/", "/console/horloges/?de=equipe&apres=30260101T000000.000000_1", under,
        f"{under}horloges/{CNIL}", f"{under}savoir", f"{under}textes/plainte", f"{under}plainte",
    ):  # fmt: skip
        page.goto(live_desk.url + address)
        told = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults[address] = [one["id"] for one in told["violations"]] + ["too wide"] * wide
    page.close()

    assert not any(faults.values()), faults


def test_a_clock_is_met_by_keys_and_without_a_script(live_desk, new_context, alice, denise):
    case = denise.incident
    page = console(live_desk, new_context, alice, java_script_enabled=False)
    page.goto(f"{live_desk.url}/console/dossiers/{case.uuid}/")
    page.get_by_role("link", name="Notifier la CNIL").press("Enter")
    page.get_by_label("La preuve").press_sequentially("Récépissé 12")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("#horloges")).to_contain_text("Fait")
    assert clock(case).met_how == "Récépissé 12"
    page.close()
