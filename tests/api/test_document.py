"""The page that explains the REST interface: whole, without a script, in both languages."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
PAGE = "/api/v1/docs/"


def test_it_says_every_operation_and_every_object(client, db):
    schema = client.get("/api/v1/schema/?format=json").json()
    page = client.get(PAGE).content.decode()

    for path, verbs in schema["paths"].items():
        for verb, told in verbs.items():
            assert f'<section id="{told["operationId"]}">' in page
            assert f"{verb.upper()} {path}" in page
            for parameter in told.get("parameters", ()):
                assert f'translate="no">{parameter["name"]}<' in page
    for name, thing in schema["components"]["schemas"].items():
        assert f'<section id="{name}">' in page
        for field in thing.get("properties", {}):
            assert f'translate="no">{field}<' in page


def test_each_link_of_it_leads_somewhere_on_it(client, db):
    page = client.get(PAGE).content.decode()
    ids = set(re.findall(r'id="([^"]+)"', page))

    assert set(re.findall(r'href="#([^"]+)"', page)) - {"contenu"} <= ids


def test_it_says_which_right_a_token_needs(client, db):
    page = client.get(PAGE).content.decode()

    for scope in ("cases:read", "cases:write", "reports:read", "reports:write"):
        assert page.count(f'<code translate="no">{scope}</code>') > 1


def test_it_loads_nothing_from_elsewhere_and_has_no_script(client, db):
    answer = client.get(PAGE)
    page = answer.content.decode()

    assert "<script" not in page
    assert "style=" not in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_it_is_in_english_too(client, db):
    page = client.get(PAGE, headers={"Accept-Language": "en"}).content.decode()

    assert '<html lang="en"' in page
    assert "Objets" not in page


@pytest.mark.once
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_axe_finds_nothing_and_nothing_overflows(live_desk, new_context, scheme, width):
    context = new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(live_desk.url + PAGE)
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]

    assert [one["id"] for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
