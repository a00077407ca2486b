"""The reference knowledge with what the desk has set in place of what the files say.

Published playbooks make another version of the knowledge, which cases begin with and keep. Opening
hours, replies and numbers are the desk's of today, whatever version a case began with.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import structlog

from csirt.directory.desk.values import Known
from csirt.reference.bundle import Bundle, with_playbook
from csirt.reference.durations import Duration
from csirt.reference.errors import ReferenceError as Refused
from csirt.reference.messages import Messages, NoticeWords, Template
from csirt.reference.service_hours import HoursException, ServiceHours, Week

DESK = "cyberocc"  # the desk's own entry among the contacts
REPLY, MAIL, PLAYBOOK = "reply.", "mail.", "playbook."

log = structlog.get_logger()
_last: tuple[Known, dict[str, Bundle]] = (
    Known(),
    {},
)  # what was made, by the version it is made from


def in_force(shipped: Bundle, known: Known) -> Bundle:
    """Return the knowledge that cases begin with now: *shipped*, the published playbooks, the settings.

    A playbook that the shipped files no longer allow, after an update, is left out.
    """
    return _made(f"{shipped.sha256}+", known, lambda: applied(_published(shipped, known), known))


def applied(bundle: Bundle, known: Known) -> Bundle:
    """Return one version of the knowledge with the desk's settings."""
    if not known.values:
        return bundle
    return _made(bundle.sha256, known, lambda: _applied(bundle, known.values))


def _made(name: str, known: Known, make: Callable[[], Bundle]) -> Bundle:
    """Return what *make* gives, kept until something else is set."""
    global _last  # noqa: PLW0603 - one for each process
    last = _last
    if last[0] is not known:
        last = _last = (known, {})
    if name not in last[1]:
        last[1][name] = make()
    return last[1][name]


def _published(bundle: Bundle, known: Known) -> Bundle:
    for name, value in sorted(known.values.items()):
        if name.startswith(PLAYBOOK):
            try:
                bundle = with_playbook(bundle, value["text"])
            except Refused as error:
                log.exception("playbook.refused", setting=name, problems=error.problems)
    return bundle


def _applied(bundle: Bundle, set_: Mapping[str, Any]) -> Bundle:
    return replace(
        bundle,
        service_hours=hours(bundle.service_hours, set_.get("hours")),
        messages=_messages(bundle.messages, set_),
        contact_file=replace(bundle.contact_file, contacts=tuple(_contacts(bundle, set_))),
    )


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
