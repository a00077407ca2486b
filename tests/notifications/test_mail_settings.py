"""Where mail goes and comes from is two addresses, refused when they would give a password away."""

import os
import subprocess
import sys

import pytest

from csirt.environment import Misconfigured, mail_server
from tools import machine

URL = "CSIRT_SMTP_URL"


@pytest.fixture
def of(monkeypatch):
    def read(url, scheme="smtp"):
        monkeypatch.setenv(URL, url)
        return mail_server(URL, scheme)

    return read


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtps://desk:x@mail.exemple.fr", "mail.exemple.fr", 465, "tls"),
        ("smtp://desk:x@mail.exemple.fr", "mail.exemple.fr", 587, "starttls"),
        ("smtp://mail.exemple.fr:25?tls=off", "mail.exemple.fr", 25, "none"),
        ("smtp://desk:x@127.0.0.1:2525", "127.0.0.1", 2525, "none"),
        ("smtp://127.0.0.1:2525?tls=on", "127.0.0.1", 2525, "starttls"),
    ],
)
def test_an_address_says_how_to_talk_to_the_server(of, url, host, port, security):
    server = of(url)

    assert (server.host, server.port, server.security) == (host, port, security)


def test_a_mailbox_has_a_folder_and_a_place_for_what_is_kept(of):
    server = of("imaps://csirt%40exemple.fr:p%2Fw@imap.exemple.fr/Desk?done=Fait", "imap")

    assert (server.user, server.password) == ("csirt@exemple.fr", "p/w")
    assert (server.folder, server.done, server.port) == ("Desk", "Fait", 993)


def test_nothing_is_no_server(of):
    assert not of("")


@pytest.mark.parametrize(
    "url",
    [
        "smtp://desk:x@mail.exemple.fr?tls=off",
        "http://mail.exemple.fr",
        "smtp://",
        "mail.exemple.fr",
        "smtp://mail.exemple.fr:port",
    ],
)
def test_what_is_unsafe_or_no_address_stops_the_start(of, url):
    with pytest.raises(Misconfigured, match=URL):
        of(url)


def test_the_demonstration_writes_files_whatever_is_set(tmp_path):
    """A server of one's own settings is not even contacted: nothing listens there."""
    script = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "from incidents.notifications.channels import Parcel, channels\n"
        "channels()['mail'].send(Parcel('1.2.x', 'denise@exemple.fr', 'fr', 'Objet', 'Texte'))\n"
        "print(bool(settings.IMAP), settings.EMAIL_FILE_PATH)\n"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "csirt.settings",
        "CSIRT_MODE": "demo",
        "CSIRT_VAR": str(tmp_path),
        "CSIRT_DATABASE_URL": f"sqlite:///{tmp_path}/desk.sqlite3",
        "CSIRT_SMTP_URL": "smtp://127.0.0.1:9",
        "CSIRT_IMAP_URL": "imap://127.0.0.1:9",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=machine.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    [file] = (tmp_path / "mail").iterdir()

    assert done.stdout.split() == ["False", str(tmp_path / "mail")]
    assert "To: denise@exemple.fr" in file.read_text()
