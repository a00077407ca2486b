"""A10, for every form: words that a field cannot take are refused or cleaned, and are no fault.

Each address of the URL conf is posted to as everybody who may, with the same words in all fields that
any form has; the version and the objects are right, so that what is wrong is the words alone.
"""

import pytest
from django.test import Client

from tests.permissions_routes import requests, site
from tests.permissions_world import World

pytestmark = pytest.mark.django_db

WORDS = {
    "nul": "a\x00b",
    "markup": "<script>alert(1)</script>{{7*7}}%(x)s%s{0}",
    "long": "é" * 21_000,
    "far": "9999-12-31T23:59",
}
ONCE = {"markup": pytest.mark.once}  # the engines differ about the others
KEPT = {"version", "row_version", "case", "token", "envoi", "objects"}  # what names what was seen
FORMS = {"victim": "suivi/", "lead": "console/", "admin": "console/reglages/"}
VERBS = {"horloges": ("meet", "start", "explain", "waive"), "reglages": ("preview",)}


@pytest.mark.parametrize(
    "words",
    [pytest.param(said, id=name, marks=ONCE.get(name, ())) for name, said in WORDS.items()],
)
@pytest.mark.parametrize("principal", FORMS)
def test_no_form_faults_on_words(principal, words):
    world, faults = World(), []
    for route in site():
        if not route.startswith(FORMS[principal]):
            continue
        asked = next(iter(requests(route, principal, world)), None)
        if asked is None:
            continue
        body = world.body(route, asked.version_of)
        sent = {name: value if name in KEPT else words for name, value in body.items()}
        client = Client(raise_request_exception=False)
        client.cookies.load(world.cookies[principal])
        verbs = next((VERBS[name] for name in VERBS if name in route), ("",))
        for verb in verbs:
            answer = client.post(asked.path, sent | {"faire": verb, "do": verb})
            if answer.status_code >= 500:
                faults.append((asked.path, verb, answer.status_code))
    assert faults == []
