"""C21: another site changes nothing: no view is free of the form's token but those that ask it themselves."""

from io import BytesIO

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, get_resolver
from rest_framework.authentication import SessionAuthentication

from csirt.journal.models import Event
from incidents.models import Incident
from tests.people import client_of

ORIGIN = {"Origin": "https://evil.example", "Referer": "https://evil.example/page"}


# They take a file: the token is looked at inside, once the small fields before it are read.
INSIDE = {"console/playbooks/importer", "suivi/fichiers/"}


def views(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route, entry.callback
        else:
            yield from views(entry, route)


def test_only_the_api_is_free_of_it_and_asks_it_of_every_session():
    free = {route: view for route, view in views() if getattr(view, "csrf_exempt", False)}

    assert {route for route in free if not route.startswith("api/v1/")} == INSIDE
    for route, view in free.items():
        if route in INSIDE:
            continue
        for ways in view.cls.authentication_classes:
            asks = issubclass(ways, SessionAuthentication)
            assert asks or ways.__name__ == "Personal", (route, ways)  # which rides on no cookie


@pytest.mark.parametrize("route", sorted(INSIDE))
def test_a_foreign_page_sends_no_file(bruno, denise, route):
    client = client_of(bruno, csrf=True)
    if route.startswith("suivi/"):
        client.post("/suivi/", {"code": denise.code})  # refused as well: nobody is let in by it
    events = Event.objects.count()
    answer = client.post(f"/{route}", {"file": BytesIO(b"title: x")}, headers=ORIGIN)

    assert answer.status_code in {302, 403}
    assert Event.objects.count() == events


def test_the_middleware_asks_before_any_view():
    assert "django.middleware.csrf.CsrfViewMiddleware" in settings.MIDDLEWARE
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data",
                                  "application/x-www-form-urlencoded", ""])  # fmt: skip
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_foreign_page_changes_nothing_by_the_api(alice, denise, kind, method):
    client = client_of(alice, csrf=True)
    before = (Incident.objects.get().version, Event.objects.count())
    for path in (
        "/api/v1/reports/",
        f"/api/v1/incidents/{denise.incident.uuid}/",
        f"/api/v1/incidents/{denise.incident.uuid}/transitions/take/",
    ):
        body = '{"version": 1, "title": "x"}'
        answer = client.generic(method, path, body, content_type=kind, headers=ORIGIN)
        assert answer.status_code == 403, (path, answer.content)

    assert (Incident.objects.get().version, Event.objects.count()) == before


def test_basic_words_that_a_browser_remembers_are_worth_nothing(alice):
    client = Client(headers={"Authorization": "Basic YWxpY2VAZXhlbXBsZS5mcjp4"})

    for path in ("/console/", "/comptes/moi/", "/api/v1/incidents/"):
        answer = client.get(path)
        assert answer.status_code in {302, 401}
        assert "Basic" not in answer.headers.get("WWW-Authenticate", "")
