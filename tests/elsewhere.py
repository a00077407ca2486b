"""Another machine: the desk's commands on a database and folders of their own, for restores."""

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote

import pyrage
import pytest
from django.conf import settings
from django.db import connection

from csirt.environment import signing_key
from csirt.kernel.clock import now
from csirt.management.backups import making
from tests.conftest import FOLDER, SERVICES
from tests.migrated import lay, template
from tests.server import Process, Web
from tools import machine


class Elsewhere:
    """A desk that holds nothing yet, with the same keys; ``bare``: without tables either."""

    def __init__(self, folder: Path, *, bare: bool = False) -> None:
        self.folder = folder
        shutil.copytree(FOLDER / "keys", folder / "keys")
        self.name = f"elsewhere_{token_hex(4)}"
        if SERVICES:
            like = "" if bare else f" template {template()}"
            with connection.creation._nodb_cursor() as cursor:
                cursor.execute(f"create database {self.name}{like}")
        elif not bare:
            lay(folder / "desk.sqlite3")

    @property
    def url(self) -> str:
        if not SERVICES:
            return f"sqlite:///{self.folder / 'desk.sqlite3'}"
        told = connection.settings_dict
        login = f"{quote(told['USER'])}:{quote(told['PASSWORD'])}"
        return f"postgresql://{login}@{told['HOST']}:{told['PORT']}/{self.name}"

    @property
    def environment(self):
        return {
            "CSIRT_VAR": str(self.folder),
            "CSIRT_DATABASE_URL": self.url,
            "CSIRT_CHECKPOINT_KEY": settings.CHECKPOINT_KEY,
        }

    def web(self) -> Web:
        return Web(**self.environment)

    def run(self, *words, patience=200):
        """Run ``manage.py`` there, for so many seconds; return what it did."""
        process = Process(**self.environment)
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, words)],
            cwd=machine.ROOT,
            env=process.environment,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )

    def done(self, *words):
        """Run ``manage.py`` there, which must do it; return what it says."""
        ran = self.run(*words)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def refused(self, *words):
        """Run ``manage.py`` there, which must refuse; return why."""
        ran = self.run(*words)
        assert ran.returncode != 0, ran.stdout
        assert "Traceback" not in ran.stderr, ran.stderr
        return ran.stdout + ran.stderr

    def ask(self, *expressions):
        """Return what Python makes of each there, as text, with every model in reach."""
        code = "from django.apps import apps; known = {m.__name__: m for m in apps.get_models()}\n"
        code += "\n".join(f"print(eval({one!r}, dict(known, apps=apps)))" for one in expressions)
        lines = self.done("shell", "--no-imports", "-c", code).splitlines()
        lines = [line for line in lines if not line.startswith('{"')]  # of the log
        assert len(lines) == len(expressions), lines
        return lines[0] if len(lines) == 1 else lines

    def end(self) -> None:
        if SERVICES:
            with connection.creation._nodb_cursor() as cursor:
                cursor.execute(f"drop database {self.name} with (force)")


def identity() -> Path:
    """Return the file that opens this desk's backups."""
    return FOLDER / "keys" / "backup.key"


def contents(path: Path) -> dict[str, bytes]:
    """Return the members of a backup, opened as anybody with the identity would."""
    key = pyrage.x25519.Identity.from_str(identity().read_text())
    out = io.BytesIO()
    with path.open("rb") as sealed:
        pyrage.decrypt_io(sealed, out, [key])
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}


@pytest.fixture(autouse=True)
def kept(settings, tmp_path):
    """Give each test a store of backups of its own, and a key that signs; return the folder."""
    folder = tmp_path / "backups"
    backend = settings.STORAGES["backups"]["BACKEND"]
    settings.STORAGES = settings.STORAGES | {
        "backups": {"BACKEND": backend, "OPTIONS": {"location": str(folder)}}
    }
    settings.CHECKPOINT_KEY = signing_key()
    settings.CHECKPOINT_FILE = tmp_path / "checkpoints.jsonl"
    settings.LEDGER_FILE = tmp_path / "ledger.jsonl"
    return folder


@pytest.fixture
def elsewhere(tmp_path):
    """Return how to make another machine; each is gone after the test."""
    made = []

    def make(**options):
        folder = tmp_path / f"machine-{len(made)}"
        folder.mkdir()
        made.append(Elsewhere(folder, **options))
        return made[-1]

    yield make
    for one in made:
        one.end()


def backup(kept):
    """Make a backup now; return its path."""
    return kept / making.make(now=now()).name
