"""The clock of an exercise: where it begins, and the file that all its processes go by.

The row of the play is the truth; the file is a copy for clocks, which are read everywhere, in the
midst of changes and of asynchronous code, where no database can be asked. It is written after each
commit that changes the pace, and by each turn of the worker when a process died in between.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings

from csirt.kernel import clock
from csirt.reference.exercises import Exercise
from incidents.domain.moments import PARIS
from playbooks.exercises.models import Play

FILE = settings.VAR / "clock.json"
SLOWEST, FASTEST = 0.25, 3600.0
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def start_of(scenario: Exercise, real: datetime) -> datetime:
    """Return when the scenario begins: on its last weekday and hour after which all of it is past.

    So the exercise's clock never passes the world's while the scenario lasts, however fast it goes.
    """
    begins = scenario.start
    hour, minute = map(int, begins.time.split(":"))
    day = (real - scenario.duration.timedelta).astimezone(PARIS).date()
    day -= timedelta(days=(day.weekday() - _DAYS.index(begins.weekday)) % 7)
    start = datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS)
    if start + scenario.duration.timedelta > real:
        start = datetime.combine(day - timedelta(days=7), start.timetz())
    return start.astimezone(UTC)


def wind(play: Play) -> None:
    """Have every process of this exercise go by the pace of *play*."""
    if settings.EXERCISE and not settings.TEST and clock.pace() != play.pace:
        clock.write(FILE, play.pace)
