"""Opening hours with French public holidays, exact across daylight saving time.

Moments are aware datetimes; results are UTC. Counting is in elapsed time, so an opening interval
that contained a change of clocks would count what really passed.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from csirt.reference.durations import Duration
from csirt.reference.service_hours import Intervals, ServiceHours

_FAR = 400  # days looked ahead for an opening: more than a year of closing is a mistake in the data
_DAY = timedelta(days=1)
DAYS_FR = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Interval = tuple[datetime, datetime]


@functools.cache
def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@dataclass(frozen=True)
class OpeningHours:
    """The calendar of the service, as ``service_hours.yaml`` says it."""

    rules: ServiceHours

    @functools.cached_property
    def zone(self) -> ZoneInfo:
        """The zone in which the hours are written."""
        return ZoneInfo(self.rules.timezone)

    @functools.cached_property
    def _exceptions(self) -> dict[date, tuple[tuple[str, ...], ...]]:
        return {date.fromisoformat(e.date): e.hours for e in self.rules.exceptions}

    def holiday(self, day: date) -> str | None:
        """The French name of the public holiday, None on any other day."""
        holidays = self.rules.holidays
        fixed = f"{day:%m-%d}"
        if fixed in holidays.fixed:
            return holidays.labels_fr.get(fixed, fixed)
        days = (day - easter(day.year)).days
        for name, after_easter in holidays.easter_based.items():
            if days == after_easter:
                return _EASTER_LABELS.get(name, name)
        return None

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday without public holidays ("jour ouvré"), whatever the service's hours."""
        return day.weekday() < 5 and self.holiday(day) is None

    def add_working_days(self, day: date, count: int) -> date:
        """The date *count* working days after *day*."""
        while count > 0:
            day += _DAY
            count -= self.is_working_day(day)
        return day

    def intervals(self, day: date) -> tuple[Interval, ...]:
        """When the service is open on that local day, in UTC."""
        closed = self.rules.holidays.closed_all and self.holiday(day) is not None
        usual = () if closed else self.rules.weekly.days[day.weekday()]
        hours = self._exceptions.get(day, usual)
        return tuple((self._moment(day, begin), self._moment(day, end)) for begin, end in hours)

    def is_open(self, at: datetime) -> bool:
        """Whether the service is open: from the minute it opens, up to the minute it closes."""
        return any(begin <= at < end for begin, end in self.intervals(self._day(at)))

    def next_opening(self, at: datetime) -> datetime:
        """*at* itself while open, else the next time the doors open. Raises ``ValueError`` if never."""
        begin, _ = next(self._from(at))
        return max(begin, at).astimezone(UTC)

    def closes_at(self, at: datetime) -> datetime | None:
        """When the interval that holds *at* ends, None while closed."""
        begin, end = next(self._from(at))
        return end if begin <= at else None

    def add_open_time(self, start: datetime, wanted: timedelta) -> datetime:
        """The moment when *wanted* of opening time has passed since *start*.

        Raises ``ValueError`` for a negative time, or when the service never opens again.
        """
        if wanted < timedelta():
            raise ValueError("opening time cannot be counted backwards")
        reached = start.astimezone(UTC)
        if not wanted:
            return reached
        for opens, closes in self._from(start):
            begin = max(opens, reached)
            if wanted <= closes - begin:
                return begin + wanted
            wanted -= closes - begin
        raise ValueError("the service never opens")

    def add(self, start: datetime, wanted: Duration) -> datetime:
        """Like ``add_open_time``, a day of *wanted* being one opening day (7 h at Cyber'Occ)."""
        return self.add_open_time(start, self.opening_time(wanted))

    def opening_time(self, wanted: Duration) -> timedelta:
        """A duration as opening time. Raises ``ValueError`` for months."""
        if wanted.months:
            raise ValueError("opening hours count no months")
        return wanted.days * self.rules.opening_day.timedelta + timedelta(seconds=wanted.seconds)

    def open_time_between(self, begin: datetime, end: datetime) -> timedelta:
        """How long the service was open from *begin* to *end*; negative when *end* is earlier."""
        if end < begin:
            return -self.open_time_between(end, begin)
        total = timedelta()
        day, last = self._day(begin), self._day(end)
        while day <= last:
            for opens, closes in self.intervals(day):
                total += max(min(closes, end) - max(opens, begin), timedelta())
            day += _DAY
        return total

    def _from(self, at: datetime) -> Iterator[Interval]:
        """Intervals that end after *at*. Raises ``ValueError`` after more than a year of closing."""
        day, closed = self._day(at), 0
        while closed < _FAR:
            found = self.intervals(day)
            closed = 0 if found else closed + 1
            yield from (interval for interval in found if interval[1] > at)
            day += _DAY
        raise ValueError("the service never opens")

    def _day(self, at: datetime) -> date:
        if at.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return at.astimezone(self.zone).date()

    def _moment(self, day: date, clock: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(clock), tzinfo=self.zone).astimezone(UTC)


def in_words(hours: ServiceHours, language: str) -> str:
    """Return the weekly opening hours, days of the same hours together: ``lundi-vendredi 9 h-12 h``."""
    names, joiner = (DAYS_EN, " and ") if language == "en" else (DAYS_FR, " et ")
    runs: list[tuple[int, int, Intervals]] = []
    for day, intervals in enumerate(hours.weekly.days):
        if not intervals:
            continue
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == intervals:
            runs[-1] = (runs[-1][0], day, intervals)
        else:
            runs.append((day, day, intervals))
    said = []
    for first, last, intervals in runs:
        days = names[first] if first == last else f"{names[first]}-{names[last]}"
        spans = ("-".join(_clock(at, language) for at in interval) for interval in intervals)
        said.append(f"{days} {joiner.join(spans)}")
    return ", ".join(said)


def _clock(at: str, language: str) -> str:
    if language == "en":
        return at.removeprefix("0")
    hour, _sep, minute = at.partition(":")
    return f"{int(hour)} h" if minute == "00" else f"{int(hour)} h {minute}"


_EASTER_LABELS = {
    "lundi_de_paques": "Lundi de Pâques",
    "ascension": "Ascension",
    "lundi_de_pentecote": "Lundi de Pentecôte",
}
