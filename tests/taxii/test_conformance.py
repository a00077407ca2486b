"""The conformance table names each line of the checklist and tests that exist."""

import re

from tests.test_documents import rows
from tools import machine

FILES = {
    "resources": "test_checklist_resources.py",
    "reading": "test_checklist_reading.py",
    "writing": "test_checklist_writing.py",
    "rights": "test_rights.py",
    "inbox": "test_inbox.py",
}


def test_each_line_of_the_checklist_names_tests_that_exist():
    table = [row for row in rows("docs/taxii-conformance.md") if row[0].isdigit()]
    sources = {
        name: (machine.ROOT / "tests/taxii" / file).read_text(encoding="utf-8")
        for name, file in FILES.items()
    }

    assert [int(row[0]) for row in table] == list(range(1, 22))
    for row in table:
        named = re.findall(r"(\w+)::(\w+)", row[3])
        assert named, row
        for name, test in named:
            assert f"def {test}(" in sources[name], test
