"""C19, C22, C24: what a desk in production sets and says, asked of a process with its own settings."""

import json
import os
import secrets
import subprocess
import sys

import pytest

from csirt.environment import age_identity, age_recipient
from tests.migrated import lay
from tools import machine

pytestmark = pytest.mark.once  # its desk is on SQLite in any profile

HOST = "csirt.exemple.fr"
ASK = """
import json, django
django.setup()
from django.test import Client
from csirt.accounts.models import User
User.objects.create_user("eve@exemple.fr", "le-canal-du-midi-en-hiver", name="Eve", role="reader")
client = Client(headers={"Host": "csirt.exemple.fr"})
fields = {"login": "eve@exemple.fr", "password": "le-canal-du-midi-en-hiver"}
page = client.get("/comptes/connexion/", secure=True)
answer = client.post("/comptes/connexion/", fields, secure=True)
language = client.post("/langue/", {"language": "en"}, secure=True)
said = {"plain": client.get("/comptes/connexion/").status_code, "status": answer.status_code}
said["cookies"] = {
    name: {flag: str(value) for flag, value in morsel.items() if value}
    for name, morsel in client.cookies.items()
}
said["headers"] = {name.lower(): value for name, value in page.items()}
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory, django_db_setup):
    folder = tmp_path_factory.mktemp("production")
    kept = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("CSIRT_", "DJANGO_", "PYTEST"))
    }  # fmt: skip
    static = folder / "static"
    static.mkdir()
    lay(folder / "desk.sqlite3")
    return kept | {
        "DJANGO_SETTINGS_MODULE": "csirt.settings", "CSIRT_VAR": str(folder),
        "CSIRT_DATABASE_URL": f"sqlite:///{folder / 'desk.sqlite3'}", "CSIRT_HOSTS": HOST,
        "CSIRT_SECRET_KEY": secrets.token_urlsafe(48), "CSIRT_CODE_KEY": secrets.token_urlsafe(48),
        "CSIRT_SEEDS_KEY": secrets.token_urlsafe(48), "CSIRT_PEPPER": f"1:{secrets.token_hex(16)}",
        "CSIRT_EVIDENCE_RECIPIENT": age_recipient(age_identity()),
    }  # fmt: skip


def run(environment, *arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=machine.ROOT, env=environment, capture_output=True,
        text=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def said(environment):
    made = run(environment, "manage.py", "collectstatic", "--noinput", "-v0")
    assert made.returncode == 0, made.stderr
    asked = run(environment, "-c", ASK)
    assert asked.returncode == 0, asked.stderr[-3000:]
    return json.loads(asked.stdout.splitlines()[-1])


def test_cookies_belong_to_this_host_alone_and_never_travel_in_clear(said):
    cookies = said["cookies"]

    assert {"__Host-session", "__Host-csrf", "__Host-device"} <= set(cookies)
    for name, flags in cookies.items():
        assert flags.get("secure") == "True", name
        assert flags.get("httponly") == "True", name
        assert flags.get("samesite") in {"Lax", "Strict"}, name
        assert flags.get("path") == "/", name
        assert "domain" not in flags, name
    assert "max-age" not in cookies["__Host-session"]


def test_plain_http_is_sent_to_https(said):
    assert said["plain"] == 301
    assert said["status"] == 302


def test_headers_are_those_of_the_best_mark(said):
    """Mozilla's Observatory, offline: what it takes points off for is not there."""
    headers = said["headers"]
    policy = headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert int(headers["strict-transport-security"].split("max-age=")[1].split(";")[0]) >= 31536000
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers


def test_django_finds_nothing_to_say_about_the_deployment(environment):
    found = run(environment, "manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert found.returncode == 0, found.stderr
