"""B8: the web process is killed while files arrive: no row without its file, no file in clear.

``python -m bench uploads`` does the same with 500 kills.
"""

import pytest

from bench import uploads
from tests.conftest import FOLDER
from tests.people import file_case
from tests.server import Web

KILLS = 5


@pytest.fixture
def figures(transactional_db, settings):
    folder = str(FOLDER / "uploads")
    options = {"location": folder}
    backend = settings.STORAGES["default"]["BACKEND"]
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": options}}
    with Web(CSIRT_EVIDENCE_FOLDER=folder, CSIRT_EVIDENCE_FILES="100000") as web:
        victims = [file_case() for _ in range(uploads.SENDERS)]
        yield uploads.run(web, victims, folder, kills=KILLS)


@pytest.mark.timeout(600)
def test_every_row_has_its_file_after_every_kill(figures):
    assert figures["sigkills"] == KILLS
    assert figures["acknowledged"] > 0
    assert figures["cut"] >= KILLS
    assert figures == figures | uploads.WANTED
