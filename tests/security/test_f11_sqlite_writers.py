"""F11: eight processes write to SQLite at once: nobody is refused, nobody starves."""

import pytest

from bench import sqlite_writers
from csirt.journal.verify import verify
from incidents.models import Incident
from tests.conftest import SERVICES

SECONDS = 8
LONGEST_WAIT = 5.0  # seconds, on a busy machine; SQLite's own busy handler: 16

pytestmark = pytest.mark.skipif(SERVICES, reason="about SQLite")


def test_eight_writers_at_once(transactional_db):
    figures = sqlite_writers.run(SECONDS)

    assert figures["errors"] == []
    assert figures["least_by_one"] > 0
    assert figures["longest_wait"] < LONGEST_WAIT
    assert Incident.objects.count() == figures["filed"]
    assert verify().bad is None
