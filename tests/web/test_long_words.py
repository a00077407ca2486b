"""A word without an end, in every field that somebody writes, widens no page beyond 320 px."""

from itertools import count

import pytest

from tests.people import cookies_of, file_case
from tests.permissions_world import World
from tests.written import fill, pages, write

WIDTH = 320
# What stands beyond the right edge and is not inside something that scrolls or hides by itself.
BEYOND = """() => {
  const kept = (e) => e && e !== document.body
    && (getComputedStyle(e).overflowX !== "visible" || kept(e.parentElement));
  return document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !kept(e.parentElement))
    .map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`).slice(0, 6);
}"""


_number = count(10_000)  # a list holds no line twice


def long(longest):
    return f"{next(_number)}".ljust(min(longest or 2_000, 2_000), "W")


@pytest.fixture
def world(live_desk):
    made = World()
    fill(made)
    write(long)
    return made


@pytest.mark.parametrize(
    "principal", ["anonymous", "victim", "operator", "analyst", "lead", "admin"]
)
def test_no_page_is_wider_than_a_phone(live_desk, new_context, world, principal):
    context = new_context(viewport={"width": WIDTH, "height": 800})
    cookies = world.cookies[principal].items()
    context.add_cookies([{"name": n, "value": v, "url": live_desk.url} for n, v in cookies])
    page, wide = context.new_page(), {}
    for path in pages(world, principal):
        page.goto(live_desk.url + path)
        if found := page.evaluate(BEYOND):
            wide[path] = found
    page.close()

    assert wide == {}


def test_the_queue_shows_its_deadlines_on_a_desk_s_screen(live_desk, new_context, alice):
    """The reason of a priority wraps, and pushes nothing out of sight."""
    file_case(organisation_name="Communauté de communes des Trois Vallées")
    context = new_context(viewport={"width": 1280, "height": 800})
    cookies = cookies_of(alice).items()
    context.add_cookies([{"name": n, "value": v, "url": live_desk.url} for n, v in cookies])
    page = context.new_page()
    page.goto(f"{live_desk.url}/console/?vue=tous")
    page.locator("#queue [data-c=why]").first.evaluate(
        "why => { why.textContent = 'Argent parti depuis moins de trois jours : appeler maintenant ; '.repeat(2); }"
    )
    width = page.locator("#queue").evaluate("table => table.offsetWidth")
    page.close()

    assert width <= 1280
