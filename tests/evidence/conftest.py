"""Files on their way: what Denise sends, and where the store of this test is."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from csirt.kernel import codes
from incidents.evidence.store import store

PATH = "/suivi/fichiers/"


def visit(victim, **options):
    """Return a client that has given the victim's code."""
    client = Client(**options)
    assert client.post("/suivi/", {"code": victim.code}).status_code == 302
    return client


def send(client, content=b"bonjour", name="capture.png", *, token=None, dossier="", **headers):
    """Send one file as the page's form does."""
    token = token or codes.new_token()
    file = SimpleUploadedFile(name, content, content_type="image/png")
    fields = {"dossier": dossier, "envoi": token, "fichier": file}
    return client.post(PATH, fields, headers=headers)


def stored(folder="pieces"):
    """Return the sealed files that are in the store."""
    place = Path(store().location) / folder
    return sorted(place.iterdir()) if place.is_dir() else []


@pytest.fixture(autouse=True)
def empty_store(settings, tmp_path):
    """Give each test a store of its own."""
    options = settings.STORAGES["default"]["OPTIONS"] | {"location": str(tmp_path / "evidence")}
    backend = settings.STORAGES["default"]["BACKEND"]
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": options}}
