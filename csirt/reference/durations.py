"""ISO 8601 durations as the reference data writes them: months, days and time are kept apart.

A month is no fixed number of days and, on the clock of the opening hours, a day is no 24 hours:
only the one who counts knows, so nothing is converted here.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

_ISO = re.compile(
    r"P(?=.)(?:(\d{1,4})M)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?"
)


@dataclass(frozen=True, slots=True)
class Duration:
    """``P1M``, ``P2D``, ``PT72H``, ``PT30M``: months, days, seconds."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an ISO 8601 duration. Raises ``ValueError``."""
        match = _ISO.fullmatch(text)
        if match is None:
            raise ValueError(f"not a duration: {text!r} (write PT30M, PT72H, P2D or P1M)")
        months, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return cls(months, days, hours * 3600 + minutes * 60 + seconds)

    @property
    def timedelta(self) -> timedelta:
        """As an absolute time, a day being 24 hours. Raises ``ValueError`` for months."""
        if self.months:
            raise ValueError("a month is not a fixed number of days")
        return timedelta(days=self.days, seconds=self.seconds)

    def __str__(self) -> str:
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        date = "".join(f"{n}{unit}" for n, unit in ((self.months, "M"), (self.days, "D")) if n)
        time = "".join(f"{n}{u}" for n, u in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
        return f"P{date}{'T' + time if time else ''}" if date or time else "PT0S"
