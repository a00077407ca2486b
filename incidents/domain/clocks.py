"""When a legal clock ends, counted from the earliest moment that an answer may mean.

Whoever only knows "yesterday" gets the hour that cannot be too late. Not legal advice.
"""

import calendar
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from csirt.reference.bundle import Bundle
from csirt.reference.durations import Duration
from csirt.reference.duties import DutyRule, DutyStep
from csirt.reference.hours import OpeningHours
from incidents.domain.moments import MOMENT_SENTENCES, PARIS, WrongMoment, restored, start_of

_DAYS_AGO = {"aujourd_hui": 0, "hier": 1}


def earliest(answers: Mapping[str, object], *, filed_at: datetime) -> datetime | None:
    """The first moment that the answer to "quand" may mean; None when it names none.

    Today and yesterday begin at midnight in Paris. "This week" is the week of the filing, or the
    three days before it when the week has just begun. Never after *filed_at*.
    """
    answer = answers.get("quand")
    if not isinstance(answer, str):
        return None
    today = filed_at.astimezone(PARIS).date()
    if answer == "maintenant":
        return filed_at
    if answer in _DAYS_AGO:
        return _midnight(today - timedelta(days=_DAYS_AGO[answer]))
    if answer == "cette_semaine":
        monday = today - timedelta(days=today.weekday())
        return _midnight(min(monday, today - timedelta(days=3)))
    typed = restored(answer)
    return min(start_of(typed), filed_at) if typed is not None else None


def told_later(answer: str, *, filed_at: datetime, now: datetime) -> str:
    """An answer to "quand" that was given *now*, as it is kept beside a report of *filed_at*.

    Today and yesterday are those of the answer: they become a day. Raises ``WrongMoment`` for a
    moment after the filing.
    """
    if answer in _DAYS_AGO:
        day = now.astimezone(PARIS).date() - timedelta(days=_DAYS_AGO[answer])
        answer = day.isoformat()
    typed = restored(answer)
    if answer == "maintenant" or (typed is not None and start_of(typed) > filed_at):
        raise WrongMoment(MOMENT_SENTENCES["after_filing"])
    return answer


def ends(bundle: Bundle, rule: DutyRule | DutyStep, start: datetime) -> datetime | None:
    """When the clock of *rule*, started at *start*, is over; None when the law gives no time."""
    if rule.due is None:
        return None
    if rule.calendar == "absolute":
        return start + rule.due.timedelta
    if rule.calendar == "ouvres":
        day = start.astimezone(PARIS).date()
        last = OpeningHours(bundle.service_hours).add_working_days(day, rule.due.days)
        return _midnight(last + timedelta(days=1))
    return later(start, rule.due)


def later(start: datetime, due: Duration) -> datetime:
    """*start* and *due* later: months and days at the same hour of Paris, then hours as they pass."""
    if due.months or due.days:
        local = start.astimezone(PARIS)
        day = _months_on(local.date(), due.months) + timedelta(days=due.days)
        start = datetime.combine(day, local.time(), tzinfo=PARIS)
    return start.astimezone(UTC) + timedelta(seconds=due.seconds) if due.seconds else start


def _months_on(day: date, months: int) -> date:
    """The same day of a later month, or its last day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=PARIS)
