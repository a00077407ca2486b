"""F1: web and worker are killed while people file: nothing is lost, double, missed or broken.

``python -m bench kill`` does the same with 10,000 reports and 20 kills.
"""

import pytest

from bench import kill
from tests.people import cookies_of

SUBMITS = 120
KILLS = 2


@pytest.fixture
def figures(live_desk, live_worker, alice):
    return kill.run(live_desk, live_worker, cookies_of(alice), submits=SUBMITS, kills=KILLS)


def test_what_was_acknowledged_survives_every_kill(figures):
    assert figures["acknowledged"] == SUBMITS
    assert figures["sigkills"] == {"web": KILLS // 2, "worker": KILLS // 2}
    assert figures["least_in_flight"] >= kill.LEAST_IN_FLIGHT
    assert figures["tries_again"] > 0
    assert figures["reconnects"] >= figures["consoles"] * KILLS // 2
    assert figures == figures | kill.WANTED
