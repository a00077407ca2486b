"""What must hold in the questions, the categories and the triage rules."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from csirt.reference.intake import Option, Question
from csirt.reference.reading import Place
from csirt.reference.triage import Cap, Floor, Raise

if TYPE_CHECKING:
    from csirt.reference.bundle import Bundle

Where = Callable[..., Place]
ORDER = ("score", "floors", "caps", "raises", "category_default", "analyst_override")
WITHOUT_NSP = frozenset({"quoi", "autrui"})  # always known to the one who writes


def run(bundle: "Bundle", where: Where) -> Iterator[str]:
    """Every problem, each with its place."""
    yield from _categories(bundle, where)
    yield from _inputs(bundle, where)
    yield from _rules(bundle, where)
    earlier: list[Question] = []
    for question in bundle.intake.questions:
        yield from _question(bundle, question, earlier, where)
        for option in question.options:
            yield from _option(bundle, question, option, where)
        earlier.append(question)
    if "kind" not in bundle.questions or not bundle.questions["kind"].options_from:
        yield f"{where(bundle.intake, 'questions')}: no question 'kind' with options_from"
    if "quand" not in bundle.questions:
        yield f"{where(bundle.intake, 'questions')}: no question 'quand'"
    if not any(question.type == "files" for question in bundle.intake.questions):
        yield f"{where(bundle.intake, 'questions')}: no question takes files"


def _categories(bundle: "Bundle", where: Where) -> Iterator[str]:
    for category in bundle.categories.values():
        if not category.rsit:
            yield f"{where(category, 'rsit')}: at least one RSIT code"
        served = bundle.playbooks[category.playbook].victim_kinds
        for kind in bundle.intake.victim_kinds:
            if kind.public in category.publics and kind.id not in served:
                yield f"{where(category, 'playbook')}: playbook {category.playbook!r} does not serve {kind.id!r}"


def _inputs(bundle: "Bundle", where: Where) -> Iterator[str]:
    triage = bundle.triage
    for each in triage.inputs:
        if not {"nsp", each.not_asked} <= set(each.levels):
            yield f"{where(each, 'levels')}: levels 'nsp' and {each.not_asked!r} (not_asked) are needed"
        if not all(0 <= value <= 100 for value in each.levels.values()):
            yield f"{where(each, 'levels')}: a level goes from 0 to 100"
        if each.id in bundle.questions:
            yield f"{where(each, 'id')}: {each.id!r} is the id of a question"
    if sum(each.weight for each in triage.inputs) != 100:
        yield f"{where(triage, 'inputs')}: the weights do not add up to 100"
    for flag in triage.flags:
        answers = {f for q in bundle.intake.questions for o in q.options for f in o.flags}
        if (flag.set_by == "answer") != (flag.id in answers):
            yield f"{where(flag, 'set_by')}: {flag.id!r} is {'' if flag.id in answers else 'not '}set by an answer"


def _rules(bundle: "Bundle", where: Where) -> Iterator[str]:
    triage = bundle.triage
    if triage.order != ORDER:
        yield f"{where(triage, 'order')}: the order is {', '.join(ORDER)}"
    bounds = [band.min for band in triage.score.bands]
    if bounds != sorted(bounds, reverse=True) or not bounds or bounds[-1] != 0:
        yield f"{where(triage.score, 'bands')}: bands go down to 0"
    rules: list[Floor | Cap | Raise] = [*triage.floors]
    rules += [*triage.caps, *triage.raises]
    ids = [rule.id for rule in rules]
    for rule in rules:
        if ids.count(rule.id) > 1:
            yield f"{where(rule, 'id')}: {rule.id!r} stands twice"
    floors = {floor.id for floor in triage.floors}
    for wanted in triage.caps_blocked_by:
        if wanted not in floors:
            yield f"{where(triage, 'caps_blocked_by')}: {wanted!r} is no floor"


def _question(
    bundle: "Bundle", question: Question, earlier: list[Question], where: Where
) -> Iterator[str]:
    place = where(question)
    choosing = question.type in {"choice", "multi", "choice_or_datetime"}
    if choosing and bool(question.options) == bool(question.options_from):
        yield f"{place}: a question of type {question.type!r} needs options"
    always_known = bool(question.options_from) or question.id in WITHOUT_NSP
    if choosing and not always_known and question.option("nsp") is None:
        yield f"{place}: « je ne sais pas » (nsp) must be an option"
    for wanted in question.starts_duties_unless:
        if question.option(wanted) is None:
            yield f"{where(question, 'starts_duties_unless')}: unknown option {wanted!r}"
    if (question.type == "files") != (question.limits is not None):
        yield f"{place}: limits go with files"
    rule = question.decides
    for level in (rule.then, rule.else_) if rule else ():
        if rule and level not in bundle.inputs[rule.input].levels:
            yield f"{where(question, 'decides')}: unknown level {level!r} of {rule.input!r}"
    yield from _page(question, earlier, where)
    yield from _shown_if(bundle, question, earlier, where)


def _page(question: Question, earlier: list[Question], where: Where) -> Iterator[str]:
    here = [q for q in earlier if q.page == question.page]
    if any(q.stage != question.stage for q in here):
        yield f"{where(question, 'page')}: page {question.page!r} is used in both stages"
    before = [q for q in earlier if q.stage == question.stage]
    if here and before and before[-1].page != question.page:
        yield f"{where(question, 'page')}: page {question.page!r} is split by other questions"


def _shown_if(
    bundle: "Bundle", question: Question, earlier: list[Question], where: Where
) -> Iterator[str]:
    names = question.show_if.names() if question.show_if else frozenset()
    for other in (bundle.questions[name] for name in sorted(names & set(bundle.questions))):
        at = where(question, "show_if")
        if other not in earlier:
            yield f"{at}: {other.id!r} is a question of a later page"
        elif other.page == question.page:
            yield f"{at}: {other.id!r} is a question of the same page"
        elif question.stage == "before" and other.stage == "after":
            yield f"{at}: {other.id!r} is asked after sending"


def _option(bundle: "Bundle", question: Question, option: Option, where: Where) -> Iterator[str]:
    for name, level in option.sets.items():
        if level not in bundle.inputs[name].levels:
            yield f"{where(option, 'sets')}: unknown level {level!r} of {name!r}"
    for kind in (*option.kinds, *option.category_by):
        if kind not in question.kinds:
            yield f"{where(option)}: {kind!r} is not asked this question"
    publics = {kind.id: kind.public for kind in bundle.intake.victim_kinds}
    for kind in option.kinds or question.kinds:
        category = option.category_for(kind)
        if category and publics[kind] not in bundle.categories[category].publics:
            yield f"{where(option, 'category')}: category {category!r} is not for {kind!r}"
    if bool(option.show_fr) != bool(option.show_en):
        yield f"{where(option)}: show_fr and show_en go together"
