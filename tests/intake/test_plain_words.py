"""What a victim reads: sentences of fifteen words at most, in both languages, no jargon.

Checked on what is rendered. The lists of exceptions may not grow.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid, NotFound, Unavailable
from csirt.web import errors, limits
from incidents.models import Incident
from tests.intake.conftest import SUNDAY, Visitor
from tests.intake.test_followup import moved, visit
from tests.intake.test_form_pages import TOWN
from tests.permissions_routes import site
from tests.reporters import waits

pytestmark = pytest.mark.once
LONGEST = 15
INLINE = {"a", "abbr", "b", "code", "em", "kbd", "span", "strong", "time"}
# Sentences that are longer, by language: the file may only lose lines.
EXCEPTIONS: dict[str, set[str]] = {
    language: set(
        Path(__file__).with_name(f"long_sentences.{language}.txt").read_text("utf-8").splitlines()
    )
    for language in ("fr", "en")
}
MOST_EXCEPTIONS = {"fr": 0, "en": 0}
# What anybody may open: every address without a parameter, and one of each that has some.
NOT_PAGES = {"/healthz", "/readyz", "/langue/"}
PUBLIC = [
    "/gestes/rancongiciel/",
    *sorted(
        path
        for path in (f"/{route}" for route in site() if "<" not in route)
        if not path.startswith(("/console", "/api", "/comptes", "/taxii2", "/ws"))
        and path not in NOT_PAGES
    ),
]


class Reader(HTMLParser):
    """Collects what is read aloud, a line for each block; other languages are left out."""

    def __init__(self, language):
        super().__init__()
        self.language, self.lines, self.foreign = language, [""], []

    def handle_starttag(self, tag, attributes):
        spoken = dict(attributes).get("lang", self.language)
        if tag not in {"meta", "link", "input", "br", "img", "hr"}:
            self.foreign.append(bool(self.foreign and self.foreign[-1]) or spoken != self.language)
        if tag not in INLINE:
            self.lines.append("")

    def handle_endtag(self, tag):
        if self.foreign:
            self.foreign.pop()
        if tag not in INLINE:
            self.lines.append("")

    def handle_data(self, data):
        if not (self.foreign and self.foreign[-1]):
            self.lines[-1] += data


def sentences(html, language):
    """Return the sentences of a page, hours counted as one word.

    One ends at its full stop, question or exclamation mark, or with its block or item of a list: no
    colon and no dash makes it shorter.
    """
    reader = Reader(language)
    reader.feed(html)
    for line in reader.lines:
        text = re.sub(r"\s+", " ", line).strip()
        text = re.sub(r"^(?:Erreur :|Error:) ", "", text)  # before the title of a page
        text = re.sub(r"(\d+) h(?: (\d\d))?\b", r"\1h\2", text)
        text = re.sub(r"(?<=\d) (?=\d)", "", text)
        yield from (part for part in re.split(r"(?<=[.!?…])\s+", text) if part)


def too_long(html, language):
    return {
        one
        for one in sentences(html, language)
        if len(re.findall(r"[\w'’\-/.:]*\w[\w'’\-/.:]*", one)) > LONGEST
    }


def every_page(language, **changes):
    """Return each page that a visitor meets, by address."""
    client = Client(headers={"accept-language": language})
    visitor = Visitor(client)
    html = {"/": client.get("/").content.decode()}
    checked = visitor.resume({**TOWN, **changes}, text="Je veux en finir. Un mineur est concerné.")
    html["check"] = checked.content.decode()
    for name in set(re.findall(r"/signaler/([a-z_]+)/\?retour", html["check"])):
        html[name] = client.get(f"/signaler/{name}/").content.decode()
        html[f"{name}, nothing given"] = client.post(f"/signaler/{name}/").content.decode()
    visitor.resume({**TOWN, **changes})
    html["elsewhere"] = client.post("/signaler/ailleurs/").content.decode()
    html["wrong key"] = client.post("/signaler/reprendre/", {"cle": "x"}).content.decode()
    for path in PUBLIC:
        html[path] = client.get(path).content.decode()
    sent = visitor.send(visitor.resume({**TOWN, **changes}))
    html["sent"] = sent.content.decode()
    token = re.search(r'name="envoi" value="([^"]*)"', html["sent"])[1]
    html["not noted"] = client.post("/signaler/envoi/note/", {"envoi": token}).content.decode()
    kept = client.post("/signaler/envoi/copie/", {"envoi": token})
    html["kept"] = "".join(f"<p>{line}</p>" for line in kept.content.decode().splitlines())
    html["nothing"] = client.get("/signaler/verification/").content.decode()
    html["wrong code"] = client.post("/suivi/", {"code": "x"}).content.decode()
    html["no case"] = client.post("/suivi/", {"code": codes.random_code()}).content.decode()
    code = re.search(r"\b(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}\b", html["sent"])[0]
    client.post("/suivi/", {"code": code})
    html["follow-up"] = client.get("/suivi/").content.decode()
    html["no message"] = client.post(
        "/suivi/message/", {"envoi": codes.new_token()}
    ).content.decode()
    limits.take_token("report|", 1e-5, 2, now())  # the desk's bucket is empty from here on
    html["wait"] = visitor.send(visitor.resume({**TOWN, **changes})).content.decode()
    assert waits(html["wait"])
    return html


def read_all(pages, language):
    return {
        name: found
        for name, html in pages.items()
        if html.lstrip().startswith("<")  # a page: what machines read is not for victims
        and (found := too_long(html, language) - EXCEPTIONS[language])
    }


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_list_of_exceptions_does_not_grow(language):
    assert len(EXCEPTIONS[language]) <= MOST_EXCEPTIONS[language]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["commune", "entreprise", "particulier"])
def test_no_page_holds_a_long_sentence(places, language, kind):
    changes = {"kind": kind, "danger": "oui", "autrui": "autre", "lien": "proche"}
    with time_machine.travel(SUNDAY, tick=False):
        pages = every_page(language, **changes)

    assert read_all(pages, language) == {}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "quoi",
    [
        {"quoi": "message", "geste": ["rien"]},
        {"quoi": "chantage", "age": "oui"},
        {"quoi": "perdu", "appareil": "oui", "vol": "vole"},
        {"quoi": "argent"},
    ],
    ids=lambda answers: answers["quoi"],
)
def test_no_branch_holds_a_long_sentence(places, language, quoi):
    assert read_all(every_page(language, **quoi), language) == {}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_first_gestures_of_every_category_are_short(bundle, language):
    long = {
        f"{name}: {text}"
        for name, book in bundle.playbooks.items()
        for field in ("first_minutes", "dont")
        for text in getattr(book, f"{field}_{language}")
        if too_long(f"<p>{text}</p>", language)
    }

    assert long == set()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("edges", [("take", "qualify", "wait"), ("take", "redirect")])
def test_no_state_is_said_in_a_long_sentence(denise, alice, language, edges):
    moved(alice, *edges)
    client = visit(denise, headers={"accept-language": language})

    assert too_long(client.get("/suivi/").content.decode(), language) == set()
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("error", [Invalid(), NotFound(), Unavailable()], ids=lambda e: e.code)
def test_the_pages_of_errors_are_plain_too(rf, error, language):
    with translation.override(language):
        for request in (rf.get("/"), rf.post("/signaler/recit/", {"recit": "Un récit."})):
            html = errors.page(request, error).content.decode()

            assert too_long(html, language) == set()


def test_a_page_too_old_is_plain_too(places):
    html = Client(enforce_csrf_checks=True).post("/signaler/danger/", {}).content.decode()

    assert too_long(html, "fr") == set()


def test_no_page_uses_the_words_of_the_trade(places, bundle):
    forbidden = bundle.vocabulary.victim_text_rules.forbidden_words_fr
    wanted = re.compile(rf"\b({'|'.join(map(re.escape, forbidden))})\b", re.IGNORECASE)

    for name, html in every_page("fr").items():
        said = " ".join(sentences(html, "fr"))
        assert not wanted.search(said), f"{name}: {wanted.search(said)}"
