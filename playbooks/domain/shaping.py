"""A playbook with one step changed, added, moved or taken out; its order is set when it is written."""

from collections.abc import Callable
from dataclasses import replace

from csirt.reference.bundle import Bundle
from csirt.reference.playbooks import PLAYBOOK_PHASES, Phases, Playbook, Step

PRACTICE = {"during": "shown", "after": "resolution"}


def phase_of(playbook: Playbook, step: str) -> str:
    """The phase that holds the step of that id. Raises ``KeyError``."""
    for phase in PLAYBOOK_PHASES:
        if any(one.id == step for one in playbook.phases.of(phase)):
            return phase
    raise KeyError(step)


def with_step(playbook: Playbook, phase: str, step: Step) -> Playbook:
    """*step* in *phase*: where the step of its id stood, else last."""
    try:
        same = phase_of(playbook, step.id) == phase
    except KeyError:
        same = False
    if same:
        return _phases(
            playbook, lambda _phase, steps: tuple(step if s.id == step.id else s for s in steps)
        )
    return _phases(
        without_step(playbook, step.id),
        lambda name, steps: (*steps, step) if name == phase else steps,
    )


def without_step(playbook: Playbook, step: str) -> Playbook:
    """The playbook without the step of that id."""
    return _phases(playbook, lambda _phase, steps: tuple(s for s in steps if s.id != step))


def moved(playbook: Playbook, step: str, by: int) -> Playbook:
    """The step of that id *by* places later in its phase (earlier when negative), never beyond it."""

    def move(_phase: str, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        places = [place for place, one in enumerate(steps) if one.id == step]
        if not places:
            return steps
        others = [one for one in steps if one.id != step]
        others.insert(max(0, min(len(others), places[0] + by)), steps[places[0]])
        return tuple(others)

    return _phases(playbook, move)


def fresh_id(playbook: Playbook, bundle: Bundle) -> str:
    """An id that no step bears."""
    taken = {s.id for book in (playbook, *bundle.playbooks.values()) for s in book.steps}
    number = 1
    while f"{playbook.id}-{number}" in taken:
        number += 1
    return f"{playbook.id}-{number}"


def counted(step: Step, phase: str, bundle: Bundle) -> Step:
    """*step* with what follows from the rest: from when its time counts, and its best source."""
    due_from = None
    if step.due is not None:
        due_from = "duty" if step.duty else PRACTICE.get(phase)
    ranks = {basis.id: basis.rank for basis in bundle.vocabulary.basis}
    sources = bundle.source_file.sources
    seen = [sources[name].seen for name in step.source if name in sources]
    basis = max(seen, key=lambda one: ranks[one]) if seen else "own"
    clock = step.clock if step.due is not None else None
    return replace(step, due_from=due_from, basis=basis, clock=clock)


def _phases(
    playbook: Playbook, change: Callable[[str, tuple[Step, ...]], tuple[Step, ...]]
) -> Playbook:
    steps = {phase: change(phase, playbook.phases.of(phase)) for phase in PLAYBOOK_PHASES}
    return replace(playbook, phases=Phases(**steps))
