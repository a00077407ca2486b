"""The desk refuses to start where a report could be lost or a secret guessed."""

import secrets
from contextlib import contextmanager

import pytest
from django.db import connection

from csirt.environment import Misconfigured, database, read, signing_key, switch
from csirt.journal import triggers
from csirt.journal.models import Event
from csirt.management.startup import problems, refuse_if_unsafe
from tests.conftest import SERVICES

on_sqlite = pytest.mark.skipif(SERVICES, reason="about SQLite")
on_postgresql = pytest.mark.skipif(not SERVICES, reason="about PostgreSQL")


@pytest.fixture
def production(db, settings, tmp_path):
    """The settings of a desk that is well set up."""
    settings.LOCAL = False
    settings.SECRET_KEY = secrets.token_urlsafe(48)
    settings.CODE_KEY = secrets.token_urlsafe(48).encode()
    settings.SEEDS_KEY = secrets.token_urlsafe(48).encode()
    settings.PEPPERS = {1: secrets.token_hex(16).encode()}
    settings.ALLOWED_HOSTS = ["csirt.exemple.fr"]
    settings.ORIGINS = ["https://csirt.exemple.fr"]
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "staticfiles.json").touch()
    return settings


def only_problem():
    found = problems()
    assert len(found) == 1, found
    return found[0]


def test_a_desk_well_set_up_starts(production):
    assert problems() == []
    refuse_if_unsafe()


def test_debug(production):
    production.DEBUG = True
    assert "DEBUG" in only_problem()


@pytest.mark.parametrize("name", ["SECRET_KEY", "CODE_KEY", "SEEDS_KEY"])
@pytest.mark.parametrize(
    "key",
    [
        secrets.token_urlsafe(16),
        "changeme" * 8,
        "django-insecure-" + secrets.token_urlsafe(48),
        "test-CSIRT_SECRET_KEY-" + "x" * 40,
    ],
    ids=["short", "repeated", "django's", "of a test"],
)
def test_a_key_that_is_not_random(production, name, key):
    setattr(production, name, key if name == "SECRET_KEY" else key.encode())
    assert f"CSIRT_{name}" in only_problem()


def test_a_weak_pepper(production):
    production.PEPPERS = {1: production.PEPPERS[1], 2: b"too short"}
    assert "CSIRT_PEPPER, number 2" in only_problem()


@pytest.mark.parametrize("name", ["SECRET_KEY", "SEEDS_KEY"])
def test_an_old_key_that_is_weak(production, name):
    if name == "SECRET_KEY":
        production.SECRET_KEY_FALLBACKS = ["too short"]
    else:
        production.SEEDS_KEY += b",too short"
    assert f"CSIRT_{name}, old 1" in only_problem()


def test_one_key_used_twice(production):
    production.CODE_KEY = production.SECRET_KEY.encode()
    assert "same" in only_problem()


@pytest.mark.parametrize("key", ["no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_checkpoint_key_that_is_none(production, key):
    production.CHECKPOINT_KEY = signing_key()
    assert problems() == []
    production.CHECKPOINT_KEY = key
    assert "CSIRT_CHECKPOINT_KEY" in only_problem()


@pytest.mark.parametrize("hosts", [["*"], [".exemple.fr"], ["csirt.exemple.fr", "*.fr"], []])
def test_hosts_that_are_not_exact(production, hosts):
    production.ALLOWED_HOSTS = hosts
    assert "CSIRT_HOSTS" in only_problem()


@pytest.mark.parametrize("origin", ["http://csirt.exemple.fr", "https://*.exemple.fr"])
def test_origins_that_are_not_exact(production, origin):
    production.ORIGINS = [origin]
    assert "CSIRT_ORIGINS" in only_problem()


@pytest.mark.parametrize("identity", ["", "cyber-occ"])
def test_a_name_for_ever_that_is_none(production, identity):
    production.DESK_IDENTITY = identity
    assert "CSIRT_DESK_IDENTITY" in only_problem()


@pytest.mark.parametrize("host", ["*", "csirt.exemple.fr", ".localhost"])
def test_the_known_keys_of_a_demonstration_serve_no_other_host(db, settings, host):
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, host]
    assert "CSIRT_HOSTS names another host" in only_problem()


def test_every_problem_is_said_at_once(production):
    production.SECRET_KEY, production.ALLOWED_HOSTS = "short", ["*"]
    with pytest.raises(SystemExit, match=r"(?s)does not start.*SECRET_KEY.*HOSTS"):
        refuse_if_unsafe()


def test_quotes_that_an_engine_of_containers_leaves(monkeypatch, tmp_path):
    monkeypatch.setenv("CSIRT_DESK_NAME", '"CSIRT Essai"')
    assert read("CSIRT_DESK_NAME") == "CSIRT Essai"
    monkeypatch.setenv("CSIRT_DESK_NAME", "'CSIRT Essai'")
    assert read("CSIRT_DESK_NAME") == "CSIRT Essai"
    for text in ('CSIRT "Essai"', '"CSIRT" "Essai"', '"', "'CSIRT\""):
        monkeypatch.setenv("CSIRT_DESK_NAME", text)
        assert read("CSIRT_DESK_NAME") == text
    monkeypatch.delenv("CSIRT_DESK_NAME")
    (tmp_path / "name").write_text("CSIRT Essai\n")
    monkeypatch.setenv("CSIRT_DESK_NAME_FILE", f'"{tmp_path / "name"}"')
    assert read("CSIRT_DESK_NAME") == "CSIRT Essai"


def test_a_key_that_is_nowhere(monkeypatch):
    monkeypatch.delenv("CSIRT_CODE_KEY", raising=False)
    with pytest.raises(Misconfigured, match="CSIRT_CODE_KEY is not set"):
        read("CSIRT_CODE_KEY")


@pytest.mark.parametrize("text", ["yes", "On", "1", ""])
def test_a_switch_that_is_neither_on_nor_off(monkeypatch, text):
    monkeypatch.setenv("CSIRT_TLS_REDIRECT", text)
    with pytest.raises(Misconfigured, match="CSIRT_TLS_REDIRECT must be on or off"):
        switch("CSIRT_TLS_REDIRECT", default=True)


def test_a_switch(monkeypatch):
    monkeypatch.delenv("CSIRT_TLS_REDIRECT", raising=False)
    assert switch("CSIRT_TLS_REDIRECT", default=True) is True
    monkeypatch.setenv("CSIRT_TLS_REDIRECT", "off")
    assert switch("CSIRT_TLS_REDIRECT", default=True) is False


@contextmanager
def said(before, after):
    """Run a statement, and the one that undoes it."""
    with connection.cursor() as cursor:
        cursor.execute(before)
        try:
            yield
        finally:
            cursor.execute(after)


@on_sqlite
@pytest.mark.parametrize("level", ["NORMAL", "OFF"])
def test_sqlite_that_syncs_less(transactional_db, level):
    with said(f"PRAGMA synchronous={level}", "PRAGMA synchronous=FULL"):
        assert "synchronous=FULL" in only_problem()


@pytest.fixture
def database_of_its_own(transactional_db, tmp_path, monkeypatch):
    """A copy that no server of another test holds open."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(tmp_path / "copy.sqlite3")])
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "copy.sqlite3"))
    yield
    connection.close()


@on_sqlite
def test_sqlite_without_wal(database_of_its_own):
    with said("PRAGMA journal_mode=DELETE", "PRAGMA journal_mode=WAL"):
        assert "WAL" in only_problem()


def test_sqlite_is_opened_with_full_sync():
    options = database("sqlite:////srv/desk.sqlite3")["OPTIONS"]

    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]


@on_postgresql
def test_postgresql_that_answers_before_the_commit(transactional_db):
    with said("SET synchronous_commit = off", "RESET synchronous_commit"):
        assert "synchronous_commit" in only_problem()


def test_a_trigger_that_is_missing(transactional_db):
    table = Event._meta.db_table
    name = f"{table}_no_change" if SERVICES else f"{table}_no_update"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if SERVICES else ""))
    try:
        assert name in only_problem()
    finally:
        triggers.prepare()
    assert problems() == []


def test_a_migration_that_is_missing(db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'incidents'")

    assert "migrate" in only_problem()
