"""F2: the web process is killed while people move cases: each stands where its events say.

``python -m bench moves`` does the same with 5,000 acts and 20 kills.
"""

from bench import moves
from tests.people import cookies_of

MOVES, KILLS = 60, 2


def test_no_transition_is_half_done_and_none_that_was_acknowledged_is_lost(live_desk, alice):
    figures = moves.run(live_desk, cookies_of(alice), cases=4, moves=MOVES, kills=KILLS)

    assert figures == figures | moves.WANTED
    assert figures["acknowledged"] > MOVES // 10
    assert figures["cut"] > 0
