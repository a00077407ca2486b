"""E7: a console receives as long as its session lives, and a desk that has run for a day still serves."""

import sys
import time
from datetime import timedelta

import pytest
import time_machine

from csirt.accounts.sessions import LONGEST
from csirt.kernel.clock import now
from tests.conftest import FOLDER
from tests.live.desk import Console
from tests.people import cookies_of, file_case
from tests.server import Web

pytestmark = pytest.mark.django_db(transaction=True)

ENDED = 4401
USED_EVERY = timedelta(minutes=25)
DAY = timedelta(hours=25)


class Moved(Web):
    """A web process whose clock can be moved; ``ahead`` moves its clock and returns once it went."""

    name = "moved"

    def __init__(self, **environment: str) -> None:
        super().__init__(**environment)
        self.file = FOLDER / f"ahead-{self.port}"
        self.file.write_text("0")

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.moved_clock", str(self.file), "127.0.0.1",
                str(self.port)]  # fmt: skip

    def ahead(self, **far: float) -> None:
        self.file.write_text(str(timedelta(**far).total_seconds()))
        time.sleep(0.1)


def receives(console):
    """See a new case arrive."""
    case = str(file_case().incident.uuid)
    console.until(lambda: case in console.rows)


def test_a_socket_receives_until_its_session_ends_and_the_next_one_after_25_hours(alice):
    with Moved() as desk, Console(desk, alice) as console:
        console.start()
        receives(console)
        for number in range(1, LONGEST // USED_EVERY + 1):
            desk.ahead(seconds=(number * USED_EVERY).total_seconds())
            assert console.get("/comptes/moi/")[0] == 200
        receives(console)  # the very socket of more than eleven hours ago
        assert console.closed is None
        assert console.resets == []

        desk.ahead(seconds=LONGEST.total_seconds() + 60)
        console.hello()
        console.drain(1)
        assert console.closed == ENDED

        desk.ahead(seconds=DAY.total_seconds())
        with time_machine.travel(now() + DAY, tick=True):
            cookies = cookies_of(alice)
        with Console(desk, alice, cookies) as again:
            again.start()
            receives(again)
            assert again.check()["digest"] == again.digest()
