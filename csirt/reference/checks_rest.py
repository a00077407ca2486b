"""What must hold in hours, messages, distress words, readiness and contacts."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from csirt.reference.distress import normalised
from csirt.reference.hours import easter
from csirt.reference.messages import (
    ClosingWords,
    HeardCategory,
    HeardKind,
    HelplineWords,
    NoticeWords,
    Template,
    placeholders_in,
)
from csirt.reference.reading import Place
from csirt.reference.review import PLACEHOLDERS
from csirt.reference.service_hours import ServiceHours

if TYPE_CHECKING:
    from csirt.reference.bundle import Bundle

Where = Callable[..., Place]


def run(bundle: "Bundle", where: Where) -> Iterator[str]:
    """Every problem, each with its place."""
    yield from _hours(bundle, where)
    yield from _messages(bundle, where)
    yield from _papers(bundle, where)
    yield from _phrases(bundle, where)
    yield from _distress(bundle, where)
    yield from _readiness(bundle, where)
    yield from _reviews(bundle, where)
    yield from _retention(bundle, where)
    for contact in bundle.contacts.values():
        if not (contact.phone or contact.url or contact.email or contact.note_fr):
            yield f"{where(contact)}: no way to reach {contact.id!r}"


def _retention(bundle: "Bundle", where: Where) -> Iterator[str]:
    """No rule erases at once, and what narrows one is of cases and their files alone."""
    for rule in bundle.retention.rules:
        if rule.after.seconds or not (rule.after.months or rule.after.days >= 7):
            yield f"{where(rule, 'after')}: months or days, 7 days at least"
        if rule.record not in {"case", "files"} and (rule.states or rule.victims):
            yield f"{where(rule)}: states and victims are of cases and files"


def _hours(bundle: "Bundle", where: Where) -> Iterator[str]:
    rules = bundle.service_hours
    try:
        ZoneInfo(rules.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"{where(rules, 'timezone')}: unknown time zone {rules.timezone!r}"
    days = zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), rules.weekly.days, strict=True)
    places = [(where(rules.weekly, name), hours) for name, hours in days]
    places += [(where(exception, "hours"), exception.hours) for exception in rules.exceptions]
    for place, hours in places:
        flat = [moment for interval in hours for moment in interval]
        if any(len(interval) != 2 for interval in hours) or flat != sorted(set(flat)):
            yield f"{place}: opening and closing times in pairs, in order"
    if not any(rules.weekly.days):
        yield f"{where(rules, 'weekly')}: the service never opens"
    if rules.opening_day.months or rules.opening_day.days or not rules.opening_day.seconds:
        yield f"{where(rules, 'opening_day')}: hours of one opening day"
    for exception in rules.exceptions:
        yield from _date(where(exception, "date"), exception.date)
    yield from _holidays(rules, where)


def _holidays(rules: ServiceHours, where: Where) -> Iterator[str]:
    holidays = rules.holidays
    for year, expected in holidays.check.items():
        for name, day in expected.items():
            after = holidays.easter_based.get(name)
            if not year.isdecimal() or after is None:
                yield f"{where(holidays, 'check')}: {year} {name}: unknown year or holiday"
            elif (easter(int(year)) + timedelta(days=after)).isoformat() != day:
                yield f"{where(holidays, 'check')}: {year} {name} is not {day}"


def _date(place: Place, text: str) -> Iterator[str]:
    try:
        date.fromisoformat(text)
    except ValueError:
        yield f"{place}: {text!r} is no date"


def _messages(bundle: "Bundle", where: Where) -> Iterator[str]:
    known = {placeholder.id for placeholder in bundle.messages.placeholders}
    texts: list[Template | ClosingWords | NoticeWords] = [*bundle.messages.templates]
    texts += bundle.messages.closing_words
    texts += bundle.messages.notices
    for text in texts:
        french, english = placeholders_in(text.fr), placeholders_in(text.en)
        if isinstance(text, NoticeWords):
            french |= placeholders_in(text.subject_fr)
            english |= placeholders_in(text.subject_en)
        for name in sorted((french | english) - known):
            yield f"{where(text)}: unknown placeholder {name!r}"
        if french != english:
            yield f"{where(text, 'en')}: other placeholders than in French"
    incoming = bundle.messages.incoming
    lists: list[HeardCategory | HeardKind] = []
    if incoming:
        lists += [*incoming.categories, *incoming.kinds]
    for heard in lists:
        for word in heard.words:
            if normalised(word) != word:
                yield f"{where(heard, 'words')}: write {normalised(word)!r} instead of {word!r}"


def _papers(bundle: "Bundle", where: Where) -> Iterator[str]:
    known = {placeholder.id for placeholder in bundle.paper_file.placeholders}
    for paper in bundle.papers.values():
        for name in sorted(placeholders_in(paper.fr) - known):
            yield f"{where(paper, 'fr')}: unknown placeholder {name!r}"
        steps = {step.id for step in bundle.duties[paper.duty].steps}
        if paper.step not in (steps or [None]):
            yield f"{where(paper, 'step')}: {paper.duty} has no step {paper.step!r}"
        if not paper.source:
            yield f"{where(paper, 'source')}: a source is needed"


def _phrases(bundle: "Bundle", where: Where) -> Iterator[str]:
    for one in bundle.phrases.categories:
        for phrase in one.phrases:
            if normalised(phrase) != phrase:
                yield f"{where(one, 'phrases')}: write {normalised(phrase)!r} instead of {phrase!r}"


def _distress(bundle: "Bundle", where: Where) -> Iterator[str]:
    for group in bundle.distress.groups:
        for term in group.terms:
            if normalised(term) != term:
                yield f"{where(group, 'terms')}: write {normalised(term)!r} instead of {term!r}"
    for sentence in bundle.distress.never_trigger_fr:
        for group in bundle.distress.heard(sentence):
            yield f"{where(bundle.distress, 'never_trigger_fr')}: {sentence!r} triggers {group.id!r}"
    mailed: list[NoticeWords | HelplineWords] = [*bundle.messages.notices]
    mailed += bundle.messages.helplines
    for line in mailed:
        for group in bundle.distress.heard(f"{line.fr}\n{line.en}"):
            yield f"{where(line)}: an answer that quotes it triggers {group.id!r}"


def _readiness(bundle: "Bundle", where: Where) -> Iterator[str]:
    readiness = bundle.readiness
    if sum(question.weight for question in readiness.questions) != readiness.scoring.max_weight:
        yield f"{where(readiness.scoring, 'max_weight')}: not the sum of the weights"
    bounds = [band.min for band in readiness.scoring.bands]
    if bounds != sorted(bounds, reverse=True) or not bounds or bounds[-1] != 0:
        yield f"{where(readiness.scoring, 'bands')}: bands go down to 0"
    for answer in readiness.answers:
        if answer.value is not None and not 0 <= answer.value <= 1:
            yield f"{where(answer, 'value')}: a value goes from 0 to 1"


def _reviews(bundle: "Bundle", where: Where) -> Iterator[str]:
    days = [one.days for one in bundle.reviews.rounds]
    if days != sorted(set(days)) or any(day < 1 for day in days):
        yield f"{where(bundle.reviews, 'rounds')}: days after closing, in order"
    for one in bundle.reviews.rounds:
        for name in sorted(placeholders_in(f"{one.fr} {one.en}") - PLACEHOLDERS):
            yield f"{where(one)}: unknown placeholder {name!r}"
    for question in bundle.reviews.questions:
        for day in sorted(set(question.rounds) - set(days)):
            yield f"{where(question, 'rounds')}: no round after {day} days"
        if not question.options or all(option.bad for option in question.options):
            yield f"{where(question, 'options')}: one answer at least leaves the case closed"
