"""The form in a real browser: a phone without JavaScript, every page accessible, light and narrow."""

import gzip
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders

from incidents.models import Incident, Message
from tests.intake.conftest import form_reports, of_report

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}\b")
REPORTS = {report["id"]: report for report in form_reports()}
FIRST_LOAD = 15 * 1024  # bytes, gzipped
MOST_REQUESTS = 3


class Person:
    """Somebody in front of a page, who ticks, types and presses the button."""

    def __init__(self, page, desk, *, at_each_page=lambda: None):
        self.page, self.desk, self.at_each_page = page, desk, at_each_page

    def go(self, path):
        self.page.goto(self.desk.url + path)
        self.at_each_page()

    def press(self, label):
        self.page.get_by_role("button", name=label, exact=True).click()
        self.at_each_page()

    def answer(self, values):
        for name in set(re.findall(r'name="([a-z_]+)"', self.page.content())) & values.keys():
            for value in filter(None, values[name]):
                choice = self.page.locator(f'[name="{name}"][value="{value}"]')
                if choice.count() and choice.get_attribute("type") in {"radio", "checkbox"}:
                    self.page.locator(f'label[for="{choice.get_attribute("id")}"]').click()
                else:
                    self.page.locator(f'[name="{name}"]:not([type="hidden"])').first.fill(value)

    def file(self, report):
        """File a report from the home page on; return what the last page says."""
        values = of_report(report)
        self.go("/")
        self.page.get_by_role("link", name="Je suis attaqué maintenant").click()
        while "/verification/" not in self.page.url:
            self.at_each_page()
            self.answer(values)
            self.page.get_by_role("button", name="Continuer", exact=True).click()
        self.at_each_page()
        self.press("Envoyer mon signalement")
        return self.page.content()


@pytest.fixture
def phone(new_context, playwright):
    """Open a page on a phone, without JavaScript."""
    device = {
        name: value
        for name, value in playwright.devices["Galaxy S9+"].items()
        if name != "default_browser_type"
    }

    def opened(**options):
        return new_context(**{**device, "java_script_enabled": False, **options}).new_page()

    return opened


@pytest.mark.parametrize("report", REPORTS)
def test_each_report_is_filed_on_a_phone_without_javascript(live_desk, places, phone, report):
    victim = Person(phone(), live_desk)

    html = victim.file(REPORTS[report])

    only = REPORTS[report].get("expected_form", {})
    case = Incident.objects.get()
    assert case.priority == only.get("priority", REPORTS[report]["expected"]["priority"])
    assert case.reference in html
    victim.go("/suivi/")
    victim.page.get_by_label("Quel est votre code de suivi").fill(CODE.search(html)[0])
    victim.press("Ouvrir")
    assert case.reference in victim.page.content()
    victim.page.get_by_label("Nous écrire").fill("Merci.")
    victim.press("Envoyer ce message")
    assert Message.objects.get().text == "Merci."


def test_an_error_is_announced_first_and_leads_to_its_field(live_desk, places, phone):
    victim = Person(phone(), live_desk)
    victim.go("/signaler/danger/")
    victim.press("Continuer")

    assert victim.page.title().startswith("Erreur\u00a0: ")
    summary = victim.page.get_by_role("alert")
    assert summary.evaluate("box => box === document.activeElement")
    summary.get_by_role("link").click()
    assert victim.page.locator("#f-danger").evaluate("box => box === document.activeElement")


@pytest.mark.parametrize("report, scheme", [("r01", "light"), ("r13", "dark")])
def test_every_page_is_accessible_and_fits_a_narrow_screen(
    live_desk, places, new_context, report, scheme
):
    """Nothing for axe to say; no sideways scrolling at 320 pixels; targets of 24 pixels."""
    context = new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    page, found = context.new_page(), {}

    def look():
        result = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
        said = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in result["violations"]]
        if page.evaluate("document.documentElement.scrollWidth > 320"):
            said.append("scrolls sideways")
        if said:
            found[page.url.removeprefix(live_desk.url)] = said

    victim = Person(page, live_desk, at_each_page=look)
    code = CODE.search(victim.file(REPORTS[report]))[0]
    for path in ("/signaler/", "/signaler/verification/", "/signaler/effacer/"):
        victim.go(path)
    victim.go("/suivi/")
    victim.press("Ouvrir")
    page.locator("[name=code]").fill(code)
    victim.press("Ouvrir")
    victim.press("Envoyer ce message")

    assert found == {}


@pytest.mark.parametrize("path", ["/", "/signaler/quoi/", "/suivi/"])
def test_a_page_is_light(live_desk, places, phone, path):
    """At most 15 KB gzipped and three requests on the first load, and no script."""
    page = phone()
    victim = Person(page, live_desk)
    if path == "/signaler/quoi/":
        victim.go("/signaler/danger/")
        victim.answer({"danger": ["non"]})
        victim.press("Continuer")
        victim.answer({"kind": ["commune"], "autrui": ["moi"]})
        victim.press("Continuer")
    asked = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(live_desk.url)))
    victim.go(path)
    page.wait_for_load_state("networkidle")

    asked = list(dict.fromkeys(asked))  # the page before may still be asking
    assert len(asked) <= MOST_REQUESTS, asked
    assert "<script" not in page.content()
    size = len(gzip.compress(page.content().encode()))
    for url in asked:
        if url.startswith(settings.STATIC_URL):
            file = Path(finders.find(url.removeprefix(settings.STATIC_URL)))
            size += len(gzip.compress(file.read_bytes()))
    assert size <= FIRST_LOAD


def test_going_back_in_the_browser_keeps_the_answers(live_desk, places, phone):
    victim = Person(phone(), live_desk)
    victim.go("/signaler/danger/")
    victim.answer({"danger": ["nsp"]})
    victim.press("Continuer")

    victim.page.go_back()

    assert victim.page.locator('[value="nsp"]').is_checked()
