"""E8: many consoles at one process all receive, and nobody opens more than twenty.

``python -m bench sockets`` does the same with 2,000. Frames beyond 64 KB: ``test_fuzz.py``.
"""

from bench import sockets
from csirt.accounts.roles import Role
from tests.people import person

SOCKETS = 100


def test_a_hundred_consoles_receive_everything_and_the_21st_of_one_person_is_refused(live_desk):
    people = [
        person(f"Personne {n}", Role.ANALYST, email=f"p{n}@exemple.fr")
        for n in range(SOCKETS // 20)
    ]

    figures = sockets.run(live_desk, people, sockets=SOCKETS, burst=10)

    assert figures == figures | sockets.WANTED
