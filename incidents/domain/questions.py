"""The question engine: which pages, which answers, and what the answers mean.

Pure functions over the reference data and a dictionary of answers (see ``answers.py``). A question
is asked when its kinds and its ``show_if`` say so; ``show_if`` never looks at its own page or at a
later one, so one walk in the order of the file decides everything.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from csirt.reference.bundle import Bundle
from csirt.reference.distress import DistressGroup, flags_of
from csirt.reference.intake import Question, Route
from incidents.domain.answers import Answer, Communes, FormError, Raw, Refused, read
from incidents.domain.environment import environment
from incidents.domain.moments import end_of, restored, start_of
from incidents.domain.triage import worst
from incidents.domain.walk import Asked, Walk

Answers = Mapping[str, Answer]
Stage = Literal["before", "after"]
CHECK_PAGE = "verification"
"""The page that shows the answers before they are sent; it holds no question."""

NO_HOUR = frozenset({"avant", "nsp"})


@dataclass(frozen=True)
class Page:
    """Questions shown together."""

    id: str
    stage: Stage
    asked: tuple[Asked, ...]

    @property
    def complete(self) -> bool:
        """Nothing that must be answered is open."""
        return not any(a.required and a.answer is None for a in self.asked)


@dataclass(frozen=True)
class Submission:
    """What came of one submitted page: new answers, or errors and the answers as they were."""

    answers: dict[str, Answer]
    errors: tuple[FormError, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.errors


@dataclass(frozen=True)
class Said:
    """Something to show at once because of an answer or a word: French, English, contact ids."""

    fr: str
    en: str
    contacts: tuple[str, ...]


@dataclass(frozen=True)
class Filled:
    """What the answers mean for triage.

    ``asked`` are the inputs that were put to the person; ``suspected`` are flags that words in the
    text suggest and an analyst must confirm; ``show_contacts`` every contact to show, in order.
    """

    kind: str | None
    inputs: dict[str, str]
    asked: frozenset[str]
    flags: frozenset[str]
    category: str | None
    traits: tuple[str, ...]
    shown: tuple[str, ...]
    said: tuple[Said, ...]
    show_contacts: tuple[str, ...]
    distress: tuple[DistressGroup, ...]
    suspected: frozenset[str]


@dataclass(frozen=True)
class Knowledge:
    """The moment of knowledge. ``exact`` when it was typed with its hour; ``ask`` when no hour is known."""

    at: datetime
    exact: bool
    ask: bool


def pages(
    bundle: Bundle,
    answers: Mapping[str, object],
    stage: Stage = "before",
    *,
    category: str | None = None,
    flags: Collection[str] = (),
) -> tuple[Page, ...]:
    """The pages that these answers lead to. Before the kind is known: up to the page that asks it.

    *category* and *flags* are what an analyst set meanwhile; they count for ``show_if``.
    """
    found: dict[str, list[Asked]] = {}
    for asked in Walk(bundle, answers, ("before", "after"), category, flags).asked:
        if asked.question.stage == stage:
            found.setdefault(asked.question.page, []).append(asked)
    return tuple(Page(name, stage, tuple(questions)) for name, questions in found.items())


def page(
    bundle: Bundle,
    answers: Mapping[str, object],
    name: str,
    stage: Stage = "before",
    *,
    category: str | None = None,
    flags: Collection[str] = (),
) -> Page | None:
    """The page of that name, None when these answers do not lead to it."""
    path = pages(bundle, answers, stage, category=category, flags=flags)
    return next((p for p in path if p.id == name), None)


def next_page(bundle: Bundle, answers: Mapping[str, object], after: str | None = None) -> str:
    """The page to show after *after* (None: the first one); ``CHECK_PAGE`` at the end."""
    names = [p.id for p in pages(bundle, answers)]
    if after is None or after not in names:
        return names[0] if after is None else missing(bundle, answers) or CHECK_PAGE
    following = names[names.index(after) + 1 :]
    return following[0] if following else CHECK_PAGE


def previous_page(bundle: Bundle, answers: Mapping[str, object], before: str) -> str | None:
    """The page before that one, None for the first."""
    names = [*(p.id for p in pages(bundle, answers)), CHECK_PAGE]
    index = names.index(before) if before in names else 0
    return names[index - 1] if index else None


def missing(bundle: Bundle, answers: Mapping[str, object]) -> str | None:
    """The first page that still needs an answer before the report can be sent; None when complete."""
    return next((p.id for p in pages(bundle, answers) if not p.complete), None)


def prune(bundle: Bundle, answers: Mapping[str, object]) -> dict[str, Answer]:
    """The answers that still count, after a change made others unreachable."""
    walk = Walk(bundle, answers, ("before", "after"), None, ())
    return {a.question.id: a.answer for a in walk.asked if a.answer is not None}


def validate(
    bundle: Bundle,
    answers: Mapping[str, object],
    name: str,
    raw: Raw,
    *,
    now: datetime,
    communes: Communes,
    stage: Stage = "before",
    category: str | None = None,
    flags: Collection[str] = (),
) -> Submission:
    """Read the submitted values of one page.

    *raw* holds, by field, a value or a list of values (``dict(request.POST.lists())``); fields of
    other pages are ignored. Fields are named after the question; a typed date is ``<id>_date`` and
    ``<id>_heure`` (with the choice "date"), a typed commune ``<id>_texte`` (with the choice
    "commune" or "plusieurs"), contacts ``<id>_phone`` and ``<id>_email``. Raises ``KeyError`` when
    the answers do not lead to that page.
    """
    shown = page(bundle, answers, name, stage, category=category, flags=flags)
    if shown is None:
        raise KeyError(name)
    kind = answers.get("kind")
    known = kind if isinstance(kind, str) else None
    given: dict[str, object] = dict(answers)
    errors: list[FormError] = []
    for asked in shown.asked:
        if asked.question.type == "files":
            continue
        try:
            answer = read(
                asked.question, raw, kind=known, required=asked.required, now=now, communes=communes
            )
        except Refused as refused:
            errors.append(refused.error)
            continue
        given.pop(asked.question.id, None)
        if answer is not None:
            given[asked.question.id] = answer
    if errors:
        return Submission(prune(bundle, answers), tuple(errors))
    return Submission(prune(bundle, given))


def fill(
    bundle: Bundle,
    answers: Mapping[str, object],
    *,
    now: datetime,
    text: str | None = None,
    stages: Collection[Stage] = ("before", "after"),
) -> Filled:
    """What the answers mean: inputs, flags, category, traits, and what to show at once.

    *text* is searched for distress words (default: the answer to "recit"). An input set by several
    answers takes the worst level; asked without answer it is "nsp"; never asked it is the input's
    ``not_asked``. *now* decides how old a typed date of payment is.
    """
    walk = Walk(bundle, answers, stages, None, ())
    levels: dict[str, list[tuple[str, str]]] = {}
    for question, option in walk.chosen:
        for name, level in option.sets.items():
            levels.setdefault(name, []).append((question.id, level))
    _decide(walk, levels, now)
    asked = {
        name
        for a in walk.asked
        if not any(option.category for option in a.options)
        for option in a.options
        for name in option.sets
    }
    inputs = {}
    for each in bundle.triage.inputs:
        found = [level for _, level in levels.get(each.id, [])]
        open_level = "nsp" if each.id in asked else each.not_asked
        inputs[each.id] = worst(bundle, each.id, found) if found else open_level
    words = answers.get("recit", "") if text is None else text
    heard = bundle.distress.heard(words) if isinstance(words, str) else ()
    said = [
        Said(option.show_fr or "", option.show_en or "", option.show_contacts)
        for _, option in walk.chosen
        if option.show_contacts or option.show_fr
    ]
    said += [Said(group.show_fr, group.show_en, group.show_contacts) for group in heard]
    sure, unsure = flags_of(heard)
    flags = frozenset(walk.flags | sure)
    return Filled(
        kind=walk.kind,
        inputs=inputs,
        asked=frozenset(asked | set(levels)),
        flags=flags,
        category=walk.category,
        traits=tuple(walk.traits),
        shown=tuple(a.question.id for a in walk.asked),
        said=tuple(said),
        show_contacts=tuple(dict.fromkeys(c for s in said for c in s.contacts)),
        distress=heard,
        suspected=unsure - flags,
    )


def knowledge(bundle: Bundle, answers: Mapping[str, object], *, filed_at: datetime) -> Knowledge:
    """When the victim knew, from the answer to "quand"; never after the filing.

    A day without hour counts from its first minute, so that no deadline is missed.
    """
    answer = answers.get("quand")
    option = bundle.questions["quand"].option(answer) if isinstance(answer, str) else None
    if option is not None:
        offset = option.offset.timedelta if option.offset else timedelta()
        return Knowledge((filed_at - offset).astimezone(UTC), exact=False, ask=option.id in NO_HOUR)
    typed = restored(answer) if isinstance(answer, str) else None
    if typed is None:
        return Knowledge(filed_at.astimezone(UTC), exact=False, ask=True)
    exact = isinstance(typed, datetime)
    return Knowledge(min(start_of(typed), filed_at).astimezone(UTC), exact=exact, ask=not exact)


def routing(
    bundle: Bundle,
    answers: Mapping[str, object],
    filled: Filled,
    *,
    priority: str | None,
    out_of_hours: bool,
) -> tuple[Route, ...]:
    """The messages and contacts for this victim, once the priority is known."""
    env = environment(
        bundle,
        kind=filled.kind,
        category=filled.category,
        inputs=filled.inputs,
        answers=prune(bundle, answers),
        traits=filled.traits,
        priority=priority,
        out_of_hours=out_of_hours,
    )
    return tuple(route for route in bundle.intake.routing if route.when.evaluate(env, filled.flags))


def upload_question(
    bundle: Bundle,
    answers: Mapping[str, object],
    *,
    category: str | None = None,
    flags: Collection[str] = (),
) -> tuple[Question, bool]:
    """The question that takes files, and whether it is open (closed: show its ``closed_fr``)."""
    question = next(q for q in bundle.intake.questions if q.type == "files")
    walk = Walk(bundle, answers, ("before", "after"), category, flags)
    return question, any(a.question is question for a in walk.asked)


def _decide(walk: Walk, levels: dict[str, list[tuple[str, str]]], now: datetime) -> None:
    """A typed date replaces the level that the question before it gave."""
    for asked in walk.asked:
        rule, answer = asked.question.decides, asked.answer
        moment = restored(answer) if rule is not None and isinstance(answer, str) else None
        if rule is None or moment is None:
            continue
        looked_at = asked.question.show_if.names() if asked.question.show_if else frozenset()
        kept = [(by, level) for by, level in levels.get(rule.input, []) if by not in looked_at]
        recent = now - end_of(moment) <= rule.at_most.timedelta
        levels[rule.input] = [*kept, (asked.question.id, rule.then if recent else rule.else_)]
