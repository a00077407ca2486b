"""Every component in Chromium: by axe, at 320 px, in both schemes, with forced colours, by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.once
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
FRAMES = {"console": "/console/aide/composants", "public": "/console/aide/composants?public"}
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active", "color_scheme": "light"},
}
NARROW, WIDE = 320, 1280
SMALL_TARGETS = """least => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary"
  )].filter(element => {
    const box = element.matches(".choice input") ? element.parentElement : element;
    const { width, height } = box.getBoundingClientRect();
    const inSentence = element.matches("p a, .skip, .summary a, td a, .notice a, .ref, .links a")
      || element.closest(".breadcrumb, .error-summary, .empty, dialog:not([open])");
    return !inSentence && (width < least || height < least);
  }).map(element => `${element.className || element.tagName}: ${element.textContent.trim()}`)"""


@pytest.fixture
def show(live_desk, new_context):
    """Return a function that opens the style guide in a frame, a width and a look."""

    def opened(frame, *, width=WIDE, look="light", **options):
        context = new_context(viewport={"width": width, "height": 800}, **LOOKS[look], **options)
        page = context.new_page()
        page.goto(live_desk.url + FRAMES[frame])
        return page

    return opened


@pytest.mark.parametrize("frame", FRAMES)
def test_axe_finds_nothing_and_nothing_overflows(show, frame):
    found = {}
    for look, width in (("light", NARROW), ("dark", WIDE), ("forced", NARROW)):
        page = show(frame, width=width, look=look)
        result = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        for violation in result.response["violations"]:
            found[look, width, violation["id"]] = [node["target"] for node in violation["nodes"]]
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert found == {}


@pytest.mark.parametrize("frame, least", [("public", 44), ("console", 24)])
def test_what_a_finger_or_a_pointer_must_hit_is_large_enough(show, frame, least):
    page = show(frame, width=NARROW)

    assert page.evaluate(SMALL_TARGETS, least) == []


def test_radio_buttons_keep_their_size_beside_long_answers(show):
    page = show("public", width=NARROW)
    sizes = page.locator(".choice input").evaluate_all(
        "inputs => inputs.map(input => `${input.offsetWidth}x${input.offsetHeight}`)"
    )

    assert set(sizes) == {"24x24"}


def test_text_at_twice_its_size_still_fits_a_narrow_page(show):
    page = show("public", width=640)
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_the_error_summary_has_the_focus_without_any_script_of_ours(show):
    page = show("public", java_script_enabled=False)

    assert page.locator(".error-summary:focus").count() == 1


def test_a_link_of_the_error_summary_leads_to_the_field(show):
    page = show("public")
    page.get_by_role("link", name="Indiquez votre nom.").click()

    assert page.evaluate("document.activeElement.name") == "nom-error"


def test_the_first_thing_to_reach_is_the_way_to_the_content_and_it_shows_then(show):
    page = show("public")
    skip = page.locator("a, button, input, select, textarea, summary").first
    skip.focus()

    assert skip.get_attribute("href") == "#contenu"
    assert skip.bounding_box()["y"] >= 0


def test_a_public_page_needs_three_requests_and_no_script(live_desk, new_context):
    page = new_context().new_page()
    requests = []
    page.on("request", lambda request: requests.append(request.resource_type))
    page.goto(live_desk.url + FRAMES["public"], wait_until="networkidle")

    assert len(requests) <= 3
    assert "script" not in requests


def test_htmx_works_under_the_policy_of_the_site(show):
    """Trusted Types and CSP are on; a violation would be a console error."""
    page = show("console")
    page.evaluate("htmx.ajax('GET', '/healthz', {target: '#toasts', swap: 'innerHTML'})")

    page.locator("#toasts", has_text="ok").wait_for()


def test_the_language_is_switched_by_a_form_and_the_page_stays(show):
    page = show("public", java_script_enabled=False)
    page.get_by_role("button", name="English").click()

    assert page.locator("html").get_attribute("lang") == "en"
    assert page.url.endswith(FRAMES["public"])
    assert page.get_by_role("link", name="Skip to content").count() == 1
