"""F12: the database of a former version, filled by its own code, becomes this one's; killed on its way too.

``tests/releases`` holds a backup of each former version, of invented cases alone. Add one when a
release is made: ``CSIRT_MODE=demo manage.py backup``, sealed for ``identity.txt``.
"""

import signal
import subprocess
import sys

import pytest

from csirt.management.backups import reading
from tests.elsewhere import elsewhere
from tests.server import Process
from tools import machine

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
assert elsewhere  # a fixture

FOLDER = machine.ROOT / "tests" / "releases"
IDENTITY = FOLDER / "identity.txt"
RELEASES = sorted(FOLDER.glob("*.age"))
KILLS = (2.5, 4.0, 6.0)  # seconds after the start of a migration
PAGES = (
    "/console/",
    "/console/horloges/",
    "/console/campagnes/",
    "/console/etat/",
)


def told(path):
    """Return what the backup says of itself."""
    with path.open("rb") as sealed:
        return reading.verify(sealed, [IDENTITY.read_text().split()[-1]])


def rows_of(seen, label):
    return str(seen.manifest["tables"][label]["rows"])


def upgraded(there, seen):
    """See that nothing was lost, that the chain is whole, and that pages show what there is."""
    assert there.ask(
        "Incident.objects.count()",
        "Report.objects.exclude(text='').count() > 0",
        "Share.objects.count()",
        f"Event.objects.get(seq={seen.about['head']['seq']}).hash.hex()"
        " if not isinstance(Event.objects.first().hash, memoryview)"
        f" else bytes(Event.objects.get(seq={seen.about['head']['seq']}).hash).hex()",
    ) == [
        rows_of(seen, "incidents.incident"),
        "True",
        rows_of(seen, "api.share"),
        seen.about["head"]["hash"],
    ]
    assert "events verified" in there.done("journal", "verify")
    there.done("tend", "--once")
    shown = (
        f"[__import__('tests.people', fromlist=['x']).client_of(User.objects.filter(role='analyst')"
        f".first()).get(path).status_code for path in {PAGES}]"
    )
    assert there.ask(shown) == str([200] * len(PAGES))


@pytest.mark.parametrize("path", RELEASES, ids=lambda path: path.stem)
def test_a_former_version_becomes_this_one(elsewhere, path):
    there, seen = elsewhere(bare=True), told(path)

    said = there.done("restore", path, "--identity", IDENTITY, "--no-ledger")

    assert "The desk may start" in said
    upgraded(there, seen)


@pytest.mark.parametrize("path", RELEASES[-1:], ids=lambda path: path.stem)
def test_killed_while_it_migrates_it_goes_on(elsewhere, path):
    there, seen = elsewhere(bare=True), told(path)
    put_back = (
        "from csirt.management.backups import restoring;"
        f"restoring.restore(open('{path}', 'rb'), [open('{IDENTITY}').read().split()[-1]])"
    )
    there.done("shell", "--no-imports", "-c", put_back)
    for seconds in KILLS:
        migration = subprocess.Popen(
            [sys.executable, "manage.py", "migrate", "--no-input"],
            cwd=machine.ROOT, env=Process(**there.environment).environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            migration.wait(seconds)
        except subprocess.TimeoutExpired:
            migration.send_signal(signal.SIGKILL)
            migration.wait()

    there.done("restore", path, "--identity", IDENTITY, "--no-ledger", "--resume")
    upgraded(there, seen)
