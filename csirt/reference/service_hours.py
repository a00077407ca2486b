"""``service_hours.yaml``: when the service is open. ``hours.py`` computes with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from csirt.reference.durations import Duration
from csirt.reference.ids import ClockTime, ContactId, Day, Id, MonthDay, SourceId, TemplateId
from csirt.reference.reading import Text

Intervals = tuple[tuple[ClockTime, ...], ...]


@dataclass(frozen=True)
class Week:
    """The usual opening hours of each weekday."""

    mon: Intervals
    tue: Intervals
    wed: Intervals
    thu: Intervals
    fri: Intervals
    sat: Intervals
    sun: Intervals

    @property
    def days(self) -> tuple[Intervals, ...]:
        """Monday first, as ``date.weekday()`` counts."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


@dataclass(frozen=True)
class Holidays:
    """Public holidays: fixed ones (MM-DD) and days after Easter Sunday."""

    law: Text
    alsace_moselle: bool
    closed_all: bool
    fixed: tuple[MonthDay, ...]
    easter_based: Mapping[Id, int]
    labels_fr: Mapping[MonthDay, Text]
    check: Mapping[str, Mapping[Id, Day]]


@dataclass(frozen=True)
class HoursException:
    """The hours of one day, in place of the usual ones; none means closed."""

    date: Day
    hours: Intervals


@dataclass(frozen=True)
class OutOfHours:
    """What to show while the service is closed."""

    show_contacts: tuple[ContactId, ...]
    message_template: TemplateId


@dataclass(frozen=True)
class ServiceHours:
    """The whole file."""

    version: Text
    timezone: Text
    source: tuple[SourceId, ...]
    weekly: Week
    opening_day: Duration
    holidays: Holidays
    exceptions: tuple[HoursException, ...]
    out_of_hours: OutOfHours
