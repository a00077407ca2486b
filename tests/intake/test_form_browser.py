"""The form in a real browser: a phone without JavaScript, every page accessible, light and narrow."""

import gzip
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders

from csirt.kernel.clock import now
from csirt.web import limits
from incidents.intake.device import COOKIE
from incidents.models import Incident, Message
from tests.conftest import once_but_the_first
from tests.intake.browsing import CODE, REPORTS, Person, cookies, returning, writing
from tests.intake.conftest import Visitor
from tests.intake.test_followup_questions import ANSWERS, INPUTS
from tests.intake.test_form_pages import TOWN
from tests.people import file_case

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
FIRST_LOAD = 15 * 1024  # bytes, gzipped
MOST_REQUESTS = 3
ICON = "/static/web/logo.svg"
STYLE = "/static/web/desk.css"


@pytest.mark.parametrize("scripts", [False, True], ids=["bare", "scripts"])
@pytest.mark.parametrize("report", once_but_the_first(REPORTS))
def test_a_given_report_is_filed_on_a_phone_with_and_without_javascript(
    live_desk, places, phone, report, scripts
):
    """The same reports are filed without a browser, in both profiles, by ``test_form_reports``."""
    victim = Person(phone(java_script_enabled=scripts), live_desk)

    html = victim.file(REPORTS[report])

    expected = REPORTS[report]["expected"] | REPORTS[report].get("expected_form", {})
    case = Incident.objects.get()
    assert (case.priority, case.category) == (expected["priority"], expected["category"])
    assert case.assessment["rules"] == expected["rules"]
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


@pytest.mark.once
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
    for path in ("/signaler/reprendre/", "/gestes/rancongiciel/"):
        victim.go(path)
    victim.go("/signaler/danger/")
    victim.answer({"danger": ["non"]})
    victim.press("Continuer")
    victim.go("/signaler/ailleurs/")
    victim.press("Montrer le code et le lien")
    victim.go("/signaler/reprendre/")
    victim.press("Reprendre ici")
    victim.go("/suivi/")
    victim.press("Ouvrir")
    page.locator("[name=code]").fill(code)
    victim.press("Ouvrir")
    victim.press("Envoyer ce message")

    assert found == {}


LIGHT = ["/", "/signaler/quoi/", "/signaler/envoi/", "/suivi/", "/suivi/code-perdu/"]


@pytest.mark.once
@pytest.mark.parametrize("path", LIGHT)
def test_a_page_is_light(live_desk, places, phone, path):
    """At most 15 KB gzipped and three requests on the first load, scripts counted.

    The icon counts as weight alone: browsers ask for it once, when the page is there.
    """
    page = phone()
    case = file_case(answers=ANSWERS, inputs=INPUTS)
    page.context.add_cookies(cookies(writing(returning(case.code)), live_desk.url))
    victim = Person(page, live_desk)
    sent = path == "/signaler/envoi/"
    if sent:
        victim.go("/signaler/verification/")
    asked = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(live_desk.url)))
    if sent:
        victim.press("Envoyer mon signalement")
    else:
        victim.go(path)
    page.wait_for_load_state("networkidle")

    assert page.url == live_desk.url + path
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', page.content())  # where they run
    asked = {*asked, *scripts}
    assert STYLE in asked
    assert len(asked - {ICON}) <= MOST_REQUESTS, asked
    size = len(gzip.compress(page.content().encode()))
    for url in asked:
        if url.startswith(settings.STATIC_URL):
            file = Path(finders.find(url.removeprefix(settings.STATIC_URL)))
            size += len(gzip.compress(file.read_bytes()))
    assert size <= FIRST_LOAD


def sending(context, desk):
    """Return a person who has answered everything, in *context*, at a desk that is flooded."""
    visitor = Visitor()
    visitor.resume({**TOWN, "quoi": "message", "geste": ["rien"]}, text="Un courriel bizarre.")
    cookie = {"name": COOKIE, "value": visitor.client.cookies[COOKIE].value, "url": desk.url}
    context.add_cookies([cookie])
    limits.take_token("report|", 1e-5, 1, now())
    person = Person(context.new_page(), desk)
    person.go("/signaler/verification/")
    return person


def test_in_a_flood_the_browser_makes_the_effort_and_goes_on_by_itself(
    live_desk, places, new_context
):
    victim = sending(new_context(), live_desk)
    victim.press("Envoyer mon signalement")

    victim.page.locator("strong[translate=no]").first.wait_for(timeout=20_000)
    case = Incident.objects.get()
    assert case.reference in victim.page.content()
    assert case.apart


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_javascript_the_page_waits_and_is_accessible(
    live_desk, places, new_context, scheme
):
    context = new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    context.route("**/effort.js", lambda route: route.fulfill(content_type="text/javascript"))
    victim = sending(context, live_desk)
    victim.press("Envoyer mon signalement")
    victim.press("Continuer")
    result = Axe().run(victim.page, options={"runOnly": {"type": "tag", "values": TAGS}}).response

    assert "puis appuyez sur le bouton" in victim.page.inner_text("main")
    assert result["violations"] == []
    assert not victim.page.evaluate("document.documentElement.scrollWidth > 320")
    assert Incident.objects.count() == 0


def test_going_back_in_the_browser_keeps_the_answers(live_desk, places, phone):
    victim = Person(phone(), live_desk)
    victim.go("/signaler/danger/")
    victim.answer({"danger": ["nsp"]})
    victim.press("Continuer")

    victim.page.go_back()

    assert victim.page.locator('[value="nsp"]').is_checked()


def test_the_ways_in_and_who_answers_fit_one_screen_of_a_small_phone(
    live_desk, places, new_context
):
    page = new_context(viewport={"width": 320, "height": 640}).new_page()
    page.goto(live_desk.url)

    for name in ("Je suis attaqué maintenant", "J'ai un doute", "Je reviens avec mon code"):
        box = page.get_by_role("link", name=name).bounding_box()
        assert box["y"] + box["height"] <= 640, name
    for words in ("Notre équipe est", "Jour et nuit", "Danger"):
        box = page.get_by_text(words).first.bounding_box()
        assert box["y"] + box["height"] <= 640, words


def test_the_link_brings_a_draft_from_the_computer_to_the_telephone(
    live_desk, places, phone, new_context
):
    """The square holds the link; the secret behind the # is posted by the page, and gone."""
    computer = Person(new_context().new_page(), live_desk)
    computer.go("/signaler/danger/")
    computer.answer({"danger": ["non"]})
    computer.press("Continuer")
    computer.go("/signaler/ailleurs/")
    computer.press("Montrer le code et le lien")
    assert computer.page.get_by_role("img", name="Carré à photographier").is_visible()
    link = computer.page.locator("#by-link ~ .ref").inner_text().replace("\n", "")

    telephone = phone(java_script_enabled=True)
    telephone.goto(link)
    telephone.wait_for_url("**/signaler/qui/")

    assert telephone.get_by_role("heading", name="Vous nous écrivez pour").is_visible()


def test_without_javascript_the_short_code_does_it(live_desk, places, phone, new_context):
    computer = Person(new_context().new_page(), live_desk)
    computer.go("/signaler/danger/")
    computer.answer({"danger": ["non"]})
    computer.press("Continuer")
    computer.go("/signaler/ailleurs/")
    computer.press("Montrer le code et le lien")
    short = computer.page.locator(".panel-code strong").inner_text()

    telephone = Person(phone(), live_desk)
    telephone.go("/signaler/reprendre/")
    telephone.page.get_by_label("Reprendre un signalement commencé").fill(short)
    telephone.press("Reprendre ici")

    assert telephone.page.url.endswith("/signaler/qui/")
