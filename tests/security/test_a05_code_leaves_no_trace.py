"""A5: the code is on the page that shows it, and nowhere else: no address, log, row, mail, Referer."""

import http.server
import logging
import re
import threading
from contextlib import contextmanager

import pytest
from django.db import connection
from playwright.sync_api import expect

from csirt.kernel import codes
from incidents.intake import device
from incidents.models import Incident
from tests.intake.conftest import places, visitor  # noqa: F401 - fixtures
from tests.intake.test_followup import page_of, say, visit
from tests.intake.test_followup_decisions import CODE, code_in, make
from tests.intake.test_form_pages import TOWN
from tests.notifications.conftest import deliver, post, smtp, write  # noqa: F401 - fixtures


def dump():
    """Return every value of every table, as text; the cache's and the sessions' too."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        assert {"incidents_accesscode", "incidents_notice", "django_session"} <= set(tables)
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for value in row:
                    raw = bytes(value) if isinstance(value, memoryview | bytes) else b""
                    yield str(value) + raw.hex() + raw.decode("latin-1")


@pytest.fixture
def said(caplog, capfd):
    """Everything that the process writes while the test runs."""
    caplog.set_level(logging.DEBUG)

    def read():
        out, err = capfd.readouterr()
        return caplog.text + out + err

    return read


def spellings(code):
    return {code, codes.grouped(code), code.lower(), codes.grouped(code).lower()}


def test_a_code_given_and_one_made_leave_no_trace(denise, alice, said, post):  # noqa: F811
    client = visit(denise)
    made = code_in(make(client)).replace("-", "")
    say(client, "Bonjour.")
    answers = [
        client.get("/suivi/"),
        client.get("/suivi/telecharger/"),
        client.get("/suivi/nouvelles/"),
        client.get("/suivi/resume/"),
    ]
    write(denise.incident, alice)
    deliver()
    [mail] = post.mails

    everything = "\n".join(dump()) + said() + str(mail)
    shown = "".join(a.content.decode() + str(a.headers) for a in answers)
    for code in (denise.code, made):
        for spelling in spellings(code):
            assert spelling not in everything
            assert spelling not in shown


class Listening(http.server.BaseHTTPRequestHandler):
    """Another site: what it is told of where its visitors come from."""

    told = ()

    def do_GET(self):
        if self.path == "/":  # and not its icon
            self.told.append(str(self.headers))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>ailleurs</title>")

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def another_site():
    """Give its address, and everything it was asked."""
    handler = type("Here", (Listening,), {"told": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", handler.told
        server.shutdown()


def leave(page, address):
    """Follow a link of the page, made to lead to another site, in a tab of its own."""
    link = page.locator("footer a[href]").first.element_handle()
    link.evaluate("(link, address) => { link.href = address }", address)
    with page.context.expect_page() as opened:
        link.click(modifiers=["Control"])
    expect(opened.value).to_have_title("ailleurs")


def test_from_the_form_to_a_link_elsewhere(live_desk, visitor, new_context):  # noqa: F811
    """A real browser: what a proxy would log is each address asked for, and its Referer."""
    visitor.resume(TOWN, text="Tout est bloqué.")
    context, lines = new_context(), []
    name, secret = device.COOKIE, visitor.client.cookies[device.COOKIE].value
    context.add_cookies([{"name": name, "value": secret, "url": live_desk.url}])

    def note(request):
        lines.append(f"{request.method} {request.url} {request.headers}")

    context.on("request", note)
    page = context.new_page()
    page.goto(f"{live_desk.url}/signaler/verification/")
    page.get_by_role("button", name="Envoyer mon signalement").click()
    page.locator("[name=note]").wait_for()
    code = re.search(CODE, page.content())[0]
    with another_site() as (address, told):
        leave(page, address)
        page.get_by_text("J'ai noté mon code").click()
        page.get_by_role("button", name="Ouvrir la page de suivi").click()
        page.locator("#fichiers").wait_for()
        shown = page.content()
        leave(page, address)

    assert len(told) == 2
    log = "\n".join(["\n".join(lines), "\n".join(told), live_desk.log(), *dump()])
    for spelling in spellings(code.replace("-", "")):
        assert spelling not in log
        assert spelling not in shown
    assert "Referer" not in "".join(told)
    assert Incident.objects.get().reference in shown


def test_no_page_of_the_visit_sends_its_address_elsewhere(denise):
    response = visit(denise).get("/suivi/")

    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cache-Control"] == "no-store"


def test_a_wrong_code_is_not_logged_either(denise, client, said):
    wrong = codes.random_code()
    client.post("/suivi/", {"code": wrong})

    assert not any(spelling in said() for spelling in spellings(wrong))


def test_the_page_after_the_code_does_not_hold_it(denise):
    assert not any(spelling in page_of(visit(denise)) for spelling in spellings(denise.code))
