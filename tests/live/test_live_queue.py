"""What is committed appears in each open console, in order, and the digest proves it."""

import time

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.services.transitions import reject, take
from tests.live.desk import Console
from tests.people import file_case


def test_a_filed_report_appears_in_every_console(live_desk, alice, bruno):
    with Console(live_desk, alice).start() as hers, Console(live_desk, bruno).start() as his:
        hers.beat(5)
        his.beat(5)
        victim = file_case()
        for console in (hers, his):
            console.until(lambda c=console: str(victim.incident.uuid) in c.rows, 3)

        assert hers.rows == his.rows
        assert hers.seen[-1][1] == "report.filed"


def test_a_case_that_ends_leaves_the_live_set(live_desk, alice):
    victim = file_case()
    by = Person.of(alice)
    with Console(live_desk, alice).start() as console:
        case = take(incident=victim.incident.uuid, version=1, by=by, now=now())
        reject(incident=case.uuid, version=case.version, by=by, reason="Un essai.", now=now())
        console.until(lambda: not console.rows, 3)

        assert console.check()["digest"] == "0" * 16


def test_a_heartbeat_comes_every_ten_seconds_with_the_digest(live_desk, alice, denise):
    with Console(live_desk, alice) as console:
        console.start()
        console.beat(5)
        began = time.monotonic()
        beat = console.beat(12)

        assert time.monotonic() - began > 3
        assert beat["digest"] == console.digest()
