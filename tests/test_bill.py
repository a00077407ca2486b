"""F20: the bill of materials is that of the lock, and an advisory about a locked package is named."""

import json
import zipfile

import pytest

from tools import sbom

pytestmark = pytest.mark.once


def test_the_bill_is_that_of_the_lock_and_of_what_is_vendored():
    """Run ``make sbom`` after a change of the lock."""
    assert sbom.BILL.read_text(encoding="utf-8") == sbom.bill()

    held = json.loads(sbom.bill())
    assert {("django", dict(sbom.locked())["django"])} <= {
        (one["name"], one["version"]) for one in held["components"]
    }
    assert len({one["bom-ref"] for one in held["components"]}) == len(held["components"])


def advisory(name, *, ecosystem="PyPI", events=(), versions=(), **fields):
    about = {"package": {"name": name, "ecosystem": ecosystem}, "versions": list(versions)}
    about["ranges"] = [{"type": "ECOSYSTEM", "events": list(events)}]
    return {"id": "X-1", "affected": [about]} | fields


OPEN, CLOSED = [{"introduced": "0"}], [{"introduced": "0"}, {"fixed": "0.1"}]
LATER = [{"introduced": "9999"}]


@pytest.mark.parametrize(
    ("record", "named"),
    [
        (advisory("Django", events=OPEN), True),
        (advisory("django", events=CLOSED), False),
        (advisory("django", events=LATER), False),
        (advisory("django", events=[*CLOSED, {"introduced": "1"}]), True),
        (advisory("django", events=[{"introduced": "1"}, *reversed(CLOSED)]), True),
        (advisory("django", events=list(reversed(CLOSED))), False),
        (advisory("django", events=[{"introduced": "0"}, {"last_affected": "9999"}]), True),
        (advisory("django", versions=[dict(sbom.locked())["django"]]), True),
        (advisory("django", ecosystem="npm", events=OPEN), False),
        (advisory("not-in-the-lock", events=OPEN), False),
        (advisory("django", events=OPEN, withdrawn="2026-01-01T00:00:00Z"), False),
    ],
)
def test_an_advisory_names_what_it_is_about(tmp_path, record, named):
    one, many = tmp_path / "one.json", tmp_path / "all.zip"
    one.write_text(json.dumps(record))
    with zipfile.ZipFile(many, "w") as archive:
        archive.writestr("X-1.json", json.dumps(record))
        archive.writestr("X-2.json", json.dumps(advisory("nothing-of-ours")))

    said = [f"django {dict(sbom.locked())['django']}: X-1"] if named else []
    assert sbom.known(one) == sbom.known(many) == said
