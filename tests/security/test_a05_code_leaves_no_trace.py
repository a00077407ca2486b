"""A5: the code is on the page that shows it, and nowhere else: no address, log, row, mail, Referer."""

import logging

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection

from csirt.journal import drain
from csirt.kernel import codes
from tests.intake.test_followup import page_of, say, visit
from tests.intake.test_followup_decisions import code_in, make


def dump():
    """Return every value of every table, as text."""
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            for row in cursor.fetchall():
                yield " ".join(bytes(v).hex() if isinstance(v, memoryview) else str(v) for v in row)


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


def test_a_code_given_and_one_made_leave_no_trace(denise, said):
    client = visit(denise)
    made = code_in(make(client)).replace("-", "")
    say(client, "Bonjour.")
    answers = [
        client.get("/suivi/"),
        client.get("/suivi/telecharger/"),
        client.get("/suivi/nouvelles/"),
    ]
    drain()

    everything = "\n".join(dump()) + said() + "".join(str(m.message()) for m in mail.outbox)
    shown = "".join(a.content.decode() + str(a.headers) for a in answers)
    for code in (denise.code, made):
        for spelling in spellings(code):
            assert spelling not in everything
            assert spelling not in shown


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
