"""The stylesheets: light, legible in both schemes, and nothing inline anywhere."""

import gzip
import re
from itertools import product

import pytest

from tools import machine

STATIC = machine.ROOT / "csirt/web/static/web"
DESK = (STATIC / "desk.css").read_text(encoding="utf-8")
CONSOLE = (STATIC / "console.css").read_text(encoding="utf-8")
TEMPLATES = [
    path
    for top in ("csirt", "incidents", "playbooks", "api")
    for path in sorted((machine.ROOT / top).rglob("templates/**/*.html"))
]
ERRORS = sorted((machine.ROOT / "csirt/web/templates").glob("[45]*.html"))
KIB = 1024


def test_what_a_victim_loads_for_the_look_of_a_page_is_at_most_8_kib():
    assert len(gzip.compress(DESK.encode(), 9)) <= 8 * KIB


def test_what_an_analyst_loads_for_the_look_of_a_page_is_at_most_12_kib():
    assert len(gzip.compress((DESK + CONSOLE).encode(), 9)) <= 12 * KIB


@pytest.mark.parametrize("css", [DESK, CONSOLE], ids=["desk", "console"])
def test_each_layer_is_one_of_those_declared_first(css):
    declared = set(re.search(r"@layer ([^;{]+);", DESK)[1].split(", "))

    assert set(re.findall(r"@layer (\w+) \{", css)) <= declared


@pytest.mark.parametrize("css", [DESK, CONSOLE], ids=["desk", "console"])
def test_a_stylesheet_loads_nothing_else(css):
    assert not re.search(r"@import|url\(", css)


def test_each_colour_has_a_fallback_for_browsers_without_light_dark():
    plain, modern = DESK.split("@supports (color: light-dark(", 1)
    names = set(re.findall(r"(--[\w-]+): light-dark", modern))

    assert names
    assert names <= set(re.findall(r"(--[\w-]+): #", plain))


def colours(scheme):
    """The colours of a scheme, by name."""
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", DESK)
    return {name: (light, dark)[scheme == "dark"] for name, light, dark in pairs}


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """WCAG 2.2, relative luminance."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


TEXT = [
    *product(
        ["ink", "soft", "link", "brand", "info", "good", "warn", "bad"],
        ["paper", "raised", "info-bg", "good-bg", "warn-bg", "bad-bg"],
    ),
    ("on-brand", "brand"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_a_contrast_of_at_least_4_5(scheme):
    names = colours(scheme)
    poor = {
        (text, ground): round(contrast(names[text], names[ground]), 2)
        for text, ground in TEXT
        if contrast(names[text], names[ground]) < 4.5
    }

    assert poor == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_of_controls_and_the_focus_have_a_contrast_of_at_least_3(scheme):
    names = colours(scheme)
    poor = {
        (edge, ground): round(contrast(names[edge], names[ground]), 2)
        for edge, ground in product(["edge", "focus", "brand"], ["paper", "raised", "info-bg"])
        if contrast(names[edge], names[ground]) < 3
    }

    assert poor == {}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_inline_style_no_inline_script_and_trusts_nothing(path):
    source = path.read_text(encoding="utf-8")

    assert not re.search(r"<style|\sstyle=", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']|javascript:|hx-on", source)
    assert not re.search(r"\|\s*safe\b|autoescape off|mark_safe", source)


@pytest.mark.parametrize("path", ERRORS, ids=lambda path: path.name)
def test_an_error_page_shows_without_a_request_in_both_languages(path):
    from django.template.loader import get_template

    html = get_template(path.name).render()

    assert '<html lang="fr">' in html
    assert '<div class="other-language" lang="en">' in html
    assert "tel:0800711313" in html
    assert "/static/web/desk.css" in html


def test_the_mark_in_the_page_is_the_one_of_the_icon():
    def paths(path):
        return re.findall(r' d="([^"]+)"', path.read_text(encoding="utf-8"))

    assert paths(STATIC / "logo.svg") == paths(machine.ROOT / "csirt/web/templates/web/mark.html")


def test_when_the_database_is_away_a_victim_is_told_to_keep_the_page():
    from django.template.loader import get_template

    html = get_template("503.html").render()

    assert "Ce que vous venez d'envoyer n'a pas été reçu." in html
    assert "Gardez cette page ouverte" in html
