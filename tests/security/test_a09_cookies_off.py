"""A9: a browser that keeps no cookie: what was typed is given back, with what to do; never lost."""

import re
from html import unescape

import pytest
from django.test import Client

from incidents.models import Draft, Incident, Message
from tests.intake.conftest import Visitor, places  # noqa: F401 - fixture
from tests.intake.test_form_pages import TOWN, text_of

WORDS = "Tout est bloqué depuis hier.\r\n« Payez » <b>vite</b> & ça continue."
PAGES = {
    "/signaler/danger/": {"danger": "non"},
    "/signaler/etablissement/": {"etablissement": ["sante", "ecole"]},
    "/signaler/recit/": {"recit": WORDS},
    "/signaler/contact/": {"contact_phone": "05 61 00 00 00", "contact_email": "d@exemple.fr"},
    "/suivi/": {"message": WORDS, "envoi": "0" * 32, "code": "secret"},
    "/suivi/message/": {"message": WORDS, "envoi": "0" * 32},
}
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
AREA = re.compile(r'<textarea[^>]* name="(\w+)"[^>]*>\n?([^<]*)</textarea>')


class Forgetful(Client):
    """A browser that refuses every cookie."""

    def request(self, **request):
        self.cookies.clear()
        return super().request(**request)


@pytest.fixture
def forgetful(places):  # noqa: F811
    return Forgetful(enforce_csrf_checks=True)


def given_back(answer):
    """Return the fields that the page would send again, and where."""
    html = answer.content.decode()
    assert answer.status_code == 403
    assert "autorisez les cookies pour ce site, ou appelez-nous" in text_of(answer)
    assert "allow cookies for this site, or call us" in text_of(answer)
    fields = {}
    for name, value in FIELD.findall(html) + AREA.findall(html):
        fields.setdefault(name, []).append(unescape(value))
    fields.pop("csrfmiddlewaretoken")
    return fields, re.search(r'<form method="post" action="([^"]*)"', html)[1]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_gives_back_all_that_was_typed(forgetful, path):
    typed = PAGES[path]
    fields, action = given_back(forgetful.post(path, typed))

    wanted = {k: v if isinstance(v, list) else [v] for k, v in typed.items() if k != "code"}
    assert fields == wanted
    assert action == path
    again, _ = given_back(forgetful.post(path, fields))
    assert again == wanted
    assert Draft.objects.count() == Message.objects.count() == 0


def test_the_last_page_gives_everything_back_until_cookies_are_allowed(places):  # noqa: F811
    visitor = Visitor()
    held = visitor.held(visitor.resume(TOWN, text=WORDS))
    forgetful = Forgetful(enforce_csrf_checks=True)
    fields, action = given_back(forgetful.post("/signaler/envoi/", held))
    assert Incident.objects.count() == 0

    allowed = Client(enforce_csrf_checks=True)  # the same person, who has read the page
    page = allowed.post(action, fields)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    sent = allowed.post(action, {**fields, "csrfmiddlewaretoken": token})

    assert sent.status_code == 200
    assert Incident.objects.count() == 1


def test_every_page_opens_without_one(forgetful):
    for path in ("/", "/signaler/danger/", "/signaler/verification/", "/suivi/"):
        assert forgetful.get(path, follow=True).status_code == 200
