"""When a record has been kept long enough: plain dates, months as the calendar has them."""

import calendar
from datetime import datetime, timedelta

from csirt.reference.durations import Duration


def cutoff(now: datetime, after: Duration) -> datetime:
    """Return the moment before which the last activity is longer ago than *after*.

    A month back from the 31st is the last day of a shorter month.
    """
    months = now.year * 12 + now.month - 1 - after.months
    year, month = divmod(months, 12)
    day = min(now.day, calendar.monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day) - timedelta(days=after.days)
