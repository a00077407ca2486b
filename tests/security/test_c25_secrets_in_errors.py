"""C25: whatever breaks, no log, page or mail says a secret; the answer says an id, and so does the log."""

import io
import json
import logging
import sys

import pytest
import structlog
from django.core import mail
from django.db import connection
from django.test import Client

from csirt.kernel import codes, faults
from csirt.logs import Lines
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db

SECRET = "zqsecret"
REQUESTS = (
    ("post", "/comptes/connexion/", {"login": f"{SECRET}@b.fr", "password": SECRET}),
    ("get", f"/comptes/invitation/{SECRET}/", {}),
    ("post", "/suivi/", {"code": SECRET}),
    ("post", "/signaler/envoi/", {"envoi": codes.new_token(), "reponses": SECRET}),
    ("get", f"/console/recherche/?q={SECRET}", {}),
    ("get", "/console/dossiers/%s/", {}),
    ("post", "/console/dossiers/%s/faire/note", {"note-text": SECRET}),
    ("post", "/console/dossiers/%s/faire/message", {"message-text": SECRET}),
    ("get", f"/console/pieces/{SECRET}", {}),
    ("get", f"/api/v1/incidents/?q={SECRET}", {}),
)
QUERIES = (0, 1, 2, 4, 6, 9)  # which of a request breaks


@pytest.fixture
def written(monkeypatch):
    """Return what is logged from now on, ours and libraries', as a process writes it."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Lines())
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    monkeypatch.setattr(logging.getLogger("django"), "handlers", [handler])
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(out))
    yield out
    structlog.configure(logger_factory=structlog.PrintLoggerFactory())


class Broken(Exception):
    """A fault whose words hold what it was about, as a database's do."""


def breaking(number):
    """Return what breaks a request at one of its queries."""
    done = []

    def run(execute, sql, params, many, context):
        done.append(sql)
        if len(done) == number + 1:
            dsn = f"postgresql://desk:{SECRET}@127.0.0.1/desk"
            raise Broken(f"DETAIL: Key (password)=({SECRET}) of {params} at {dsn}")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(run)


def test_a_fault_in_thirty_places_says_an_id_and_nothing_else(written, alice):
    victim = file_case(text=SECRET)
    faults_said = 0
    for method, path, data in REQUESTS:
        for number in QUERIES:
            client = client_of(alice if "/console" in path or "/api" in path else None)
            client.raise_request_exception = False
            path_ = path % victim.incident.uuid if "%s" in path else path
            written.truncate(0)
            with breaking(number):
                answer = getattr(client, method)(path_, data, headers={"x-secret": SECRET})
            log = written.getvalue()
            assert SECRET not in log, (path, number)
            if answer.status_code == 500:
                faults_said += 1
                assert SECRET not in answer.content.decode(errors="replace")
                assert "Traceback" not in answer.content.decode(errors="replace")
                assert answer["X-Request-Id"] in answer.content.decode()
                assert answer["X-Request-Id"] in log
                assert "test_c25_secrets_in_errors.py" in log  # where it was raised

    assert faults_said >= 30
    assert not any(SECRET in str(one.message()) for one in mail.outbox)


def test_each_line_is_json_with_the_id_of_its_request(written, alice):
    client = Client(raise_request_exception=False)
    with breaking(0):
        answer = client.get(f"/comptes/invitation/{SECRET}/")

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "request.failed"]
    assert line["request"] == line["id"] == answer["X-Request-Id"]
    assert (line["error"], line["method"]) == ("Broken", "GET")
    assert line["route"]
    assert line["at"][-1].split()[1] == "run"
    assert line["timestamp"].endswith("Z")


def test_a_librarys_line_keeps_its_words_and_never_what_fills_them(written):
    log = logging.getLogger("some.library")
    try:
        raise Broken(SECRET)  # noqa: TRY301
    except Broken:
        log.exception("cannot send to %s", SECRET)
    log.error(f"cannot send to {SECRET}")  # noqa: G004 - as some do

    assert SECRET not in written.getvalue()
    first, second = (json.loads(line) for line in written.getvalue().splitlines())
    assert first["words"] == "cannot send to %s"
    assert (first["error"], first["logger"]) == ("Broken", "some.library")
    assert "words" not in second
    assert second["where"].startswith("test_c25_secrets_in_errors:")


def test_a_cause_is_told_by_its_kind_too():
    try:
        try:
            raise KeyError(SECRET)  # noqa: TRY301
        except KeyError as error:
            raise Broken(SECRET) from error
    except Broken as error:
        said = faults.told(error)

    assert (said["error"], said["cause"]["error"]) == ("Broken", "KeyError")
    assert SECRET not in json.dumps(said)
    assert sys.exc_info()[1] is None
