"""The reference knowledge with the settings of admins in place of what the files say."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

from csirt.directory.desk.values import Known
from csirt.reference.bundle import Bundle
from csirt.reference.durations import Duration
from csirt.reference.messages import Messages, NoticeWords, Template
from csirt.reference.service_hours import HoursException, ServiceHours, Week

DESK = "cyberocc"  # the desk's own entry among the contacts
REPLY, MAIL = "reply.", "mail."

_last: tuple[Bundle, Known, Bundle] | None = None


def applied(bundle: Bundle, known: Known) -> Bundle:
    """Return *bundle* with what is set; kept until something else is."""
    global _last  # noqa: PLW0603 - one for each process
    if not known.values:
        return bundle
    last = _last
    if last is not None and last[0] is bundle and last[1] is known:
        return last[2]
    made = replace(
        bundle,
        service_hours=hours(bundle.service_hours, known.values.get("hours")),
        messages=_messages(bundle.messages, known.values),
        contact_file=replace(bundle.contact_file, contacts=tuple(_contacts(bundle, known.values))),
    )
    _last = (bundle, known, made)
    return made


def hours(shipped: ServiceHours, value: Mapping[str, Any] | None) -> ServiceHours:
    """Return the opening hours that *value* says; those of the files without one.

    A day of a target is one usual opening day: the length that most days have.
    """
    if value is None:
        return shipped
    week = [tuple(tuple(interval) for interval in day) for day in value["week"]]
    lengths = [_seconds(day) for day in week if day]
    usual = max(lengths, key=lengths.count)
    return replace(
        shipped,
        weekly=Week(**dict(zip((one.name for one in fields(Week)), week, strict=True))),
        opening_day=Duration(seconds=usual),
        holidays=replace(shipped.holidays, closed_all=value["holidays"]),
        exceptions=tuple(
            HoursException(day.isoformat(), tuple(tuple(one) for one in closing["hours"]))
            for closing in value["days"]
            for day in days(closing["from"], closing["to"])
        ),
    )


def days(first: str, last: str) -> Iterator[date]:
    """Yield each day from one to the other, both among them."""
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        yield day
        day += timedelta(days=1)


def _seconds(intervals: tuple[tuple[str, ...], ...]) -> int:
    at = [60 * (60 * int(one[:2]) + int(one[3:])) for interval in intervals for one in interval]
    return sum(at[1::2]) - sum(at[::2])


def _messages(shipped: Messages, set_: Mapping[str, Any]) -> Messages:
    replies = {template.id: template for template in shipped.templates}
    for name, value in set_.items():
        if not name.startswith(REPLY):
            continue
        key = name.removeprefix(REPLY)
        if value["gone"]:
            replies.pop(key, None)
            continue
        made = replies.get(key) or Template(key, None, ("email",), "victime", "-", "-")
        words = {one: value[one] for one in ("label_fr", "label_en", "fr", "en")}
        replies[key] = replace(made, **words)
    notices = tuple(_notice(one, set_.get(f"{MAIL}{one.id}")) for one in shipped.notices)
    return replace(shipped, templates=tuple(replies.values()), notices=notices)


def _notice(shipped: NoticeWords, value: Mapping[str, str] | None) -> NoticeWords:
    return replace(shipped, **value) if value else shipped


def _contacts(bundle: Bundle, set_: Mapping[str, Any]) -> Iterator[Any]:
    numbers = set_.get("numbers")
    for contact in bundle.contact_file.contacts:
        if contact.id != DESK or not ("hours" in set_ or numbers):
            yield contact
        elif numbers:
            yield replace(contact, phone=numbers["phone"], email=numbers["email"], hours_fr=None)
        else:
            yield replace(contact, hours_fr=None)
