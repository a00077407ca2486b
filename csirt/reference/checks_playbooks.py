"""What must hold in the playbooks, the duties and the exercises."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from csirt.reference.exercises import ACTION_FIELDS, Exercise, Inject
from csirt.reference.playbooks import PLAYBOOK_PHASES as PHASES
from csirt.reference.playbooks import Playbook, Step
from csirt.reference.reading import Place

if TYPE_CHECKING:
    from csirt.reference.bundle import Bundle

Where = Callable[..., Place]
PRACTICE = {"during": "shown", "after": "resolution"}


def run(bundle: "Bundle", where: Where) -> Iterator[str]:
    """Every problem, each with its place."""
    words = bundle.vocabulary
    if words.phases != PHASES:
        yield f"{where(words, 'phases')}: the phases are {', '.join(PHASES)}"
    fields = {f.name for f in dataclasses.fields(Step)}
    if {*words.step_fields.required, *words.step_fields.optional} != fields:
        yield f"{where(words, 'step_fields')}: the fields of a step are {', '.join(sorted(fields))}"
    ranks = {basis.id: basis.rank for basis in words.basis}
    seen: dict[str, str] = {}
    for playbook in bundle.playbooks.values():
        yield from _playbook(playbook, where)
        for phase in PHASES:
            for step in playbook.phases.of(phase):
                if step.id in seen:
                    yield f"{where(step, 'id')}: {step.id!r} is a step of both {seen[step.id]!r} and {playbook.id!r}"
                seen[step.id] = playbook.id
                yield from _step(step, phase, where)
                yield from _basis(bundle, step, ranks, where)
    yield from _duties(bundle, where)
    for exercise in bundle.exercises.values():
        yield from _exercise(bundle, exercise, where)


def _duties(bundle: "Bundle", where: Where) -> Iterator[str]:
    for duty in bundle.duties.values():
        if duty.due and duty.calendar == "absolute" and (duty.due.months or duty.due.days):
            yield f"{where(duty, 'due')}: the absolute calendar counts hours"
        if not duty.source:
            yield f"{where(duty, 'source')}: a source is needed"


def _playbook(playbook: Playbook, where: Where) -> Iterator[str]:
    file = where(playbook).file
    if file != f"playbooks/{playbook.id}.yaml":
        yield f"{where(playbook, 'id')}: {playbook.id!r} differs from the name of the file"
    for ours in ("first_minutes", "dont"):
        if len(getattr(playbook, f"{ours}_fr")) != len(getattr(playbook, f"{ours}_en")):
            yield f"{where(playbook, f'{ours}_en')}: as many entries in English as in French"
    for expected, step in enumerate(playbook.steps, 1):
        if step.order != expected:
            yield f"{where(step, 'order')}: {step.order}, expected {expected}"


def _step(step: Step, phase: str, where: Where) -> Iterator[str]:
    if len({step.due is None, step.due_from is None, step.clock is None}) > 1:
        yield f"{where(step, 'due')}: due, due_from and clock go together"
    if (step.due_from == "duty") != (step.duty is not None and step.due is not None):
        yield f"{where(step, 'due_from')}: due_from 'duty' goes with a bound duty, and with nothing else"
    elif step.due_from and step.due_from not in {"duty", PRACTICE.get(phase)}:
        yield f"{where(step, 'due_from')}: {step.due_from!r} is not for the phase {phase!r}"
    if phase == "before" and (step.due is not None or step.required):
        yield f"{where(step)}: a step before has no due time and is never required"
    if phase != "before" and step.due is None:
        yield f"{where(step, 'due')}: a step during or after needs a due time"
    if step.visible_to_victim and step.role in {"prestataire", "analyste"}:
        yield f"{where(step, 'role')}: a technical role in a step that the victim sees"


def _basis(bundle: "Bundle", step: Step, ranks: dict[str, int], where: Where) -> Iterator[str]:
    if not step.source:
        yield f"{where(step, 'source')}: a source is needed"
        return
    best = max(
        (bundle.source_file.sources[s].seen for s in step.source), key=lambda seen: ranks[seen]
    )
    if step.basis != best:
        yield f"{where(step, 'basis')}: {step.basis!r}, but its sources say {best!r}"


def _answers(bundle: "Bundle", inject: Inject, where: Where) -> Iterator[str]:
    for name, answer in inject.answers.items():
        question = bundle.questions.get(name)
        if inject.channel != "formulaire" or question is None or not question.option(answer):
            yield f"{where(inject, 'answers')}: the form knows no answer {answer!r} to {name!r}"


def _exercise(bundle: "Bundle", exercise: Exercise, where: Where) -> Iterator[str]:
    if not exercise.fictional:
        yield f"{where(exercise, 'fictional')}: an exercise is fictional"
    organisations = {organisation.id for organisation in exercise.organisations}
    injects = {inject.id for inject in exercise.injects}
    last = None
    for inject in exercise.injects:
        if inject.org not in organisations:
            yield f"{where(inject, 'org')}: unknown organisation {inject.org!r}"
        if last is not None and inject.at.timedelta < last:
            yield f"{where(inject, 'at')}: the timeline goes back"
        last = inject.at.timedelta
        yield from _answers(bundle, inject, where)
        if not inject.expected:
            yield f"{where(inject, 'expected')}: an action is expected"
        for action in inject.expected:
            needed, allowed = ACTION_FIELDS[action.action]
            given = {
                f.name
                for f in dataclasses.fields(action)
                if f.name != "action" and getattr(action, f.name) not in (None, ())
            }
            if needed not in given or given - {needed, allowed}:
                yield f"{where(action)}: {action.action!r} takes {needed.rstrip('_')!r}"
            for name in action.with_:
                if name not in injects:
                    yield f"{where(action, 'with_')}: unknown inject {name!r}"
