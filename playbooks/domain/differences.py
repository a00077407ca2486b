"""What changed between two versions of a playbook, step by step and field by field."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from csirt.reference.playbooks import PLAYBOOK_PHASES, Playbook, Step

FIELD_LABELS = {
    "version": "Nom de la version",
    "title_fr": "Titre, en français",
    "title_en": "Titre, en anglais",
    "victim_kinds": "Pour qui",
    "first_minutes_fr": "Premiers gestes, en français",
    "first_minutes_en": "Premiers gestes, en anglais",
    "dont_fr": "À ne pas faire, en français",
    "dont_en": "À ne pas faire, en anglais",
    "detail_fr": "Détail, en français",
    "detail_en": "Détail, en anglais",
    "role": "Qui la fait",
    "due": "Délai",
    "due_from": "Compté depuis",
    "clock": "En quel temps",
    "visible_to_victim": "Montrée à la victime",
    "required": "Obligatoire",
    "when": "Seulement si",
    "duty": "Échéance légale",
    "source": "Sources",
    "basis": "Appui des sources",
    "phase": "Phase",
    "place": "Place dans la phase",
}
_NOT_COMPARED = {"id", "order", "phases"}


@dataclass(frozen=True)
class Changed:
    """One field that differs; ``before`` and ``after`` are what the file holds, in text."""

    field: str
    before: str
    after: str

    @property
    def label(self) -> str:
        """The name of the field, a French msgid."""
        return FIELD_LABELS[self.field]


@dataclass(frozen=True)
class Difference:
    """What happened to one step, or to the playbook itself (``step`` None)."""

    step: Step | None
    what: Literal["added", "removed", "changed"]
    changes: tuple[Changed, ...] = ()


def differences(old: Playbook, new: Playbook) -> tuple[Difference, ...]:
    """What *new* changes in *old*: the playbook first, then its steps in their new order."""
    found = []
    if own := tuple(_changes(old, new)):
        found.append(Difference(None, "changed", own))
    before, after = _places(old), _places(new)
    for name, (place, step) in after.items():
        if name not in before:
            found.append(Difference(step, "added"))
            continue
        was, known = before[name]
        changes = (*_moved(was, place, before, after), *_changes(known, step))
        if changes:
            found.append(Difference(step, "changed", changes))
    found += [
        Difference(step, "removed") for name, (_place, step) in before.items() if name not in after
    ]
    return tuple(found)


Places = Mapping[str, tuple[tuple[str, int], Step]]


def _places(playbook: Playbook) -> Places:
    return {
        step.id: ((phase, place), step)
        for phase in PLAYBOOK_PHASES
        for place, step in enumerate(playbook.phases.of(phase))
    }


def _moved(
    was: tuple[str, int], now: tuple[str, int], before: Places, after: Places
) -> Iterator[Changed]:
    """Whether a step changed its phase, or passed another that both versions have."""
    if was[0] != now[0]:
        yield Changed("phase", was[0], now[0])
        return
    rank_before = _rank(was, before, after)
    rank_after = _rank(now, after, before)
    if rank_before != rank_after:
        yield Changed("place", str(was[1] + 1), str(now[1] + 1))


def _rank(place: tuple[str, int], here: Places, there: Places) -> int:
    return sum(
        1
        for name, ((phase, index), _step) in here.items()
        if phase == place[0] and index < place[1] and name in there and there[name][0][0] == phase
    )


def _changes(old: object, new: object) -> Iterator[Changed]:
    for field in dataclasses.fields(old):  # type: ignore[arg-type]
        if field.name in _NOT_COMPARED:
            continue
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            yield Changed(field.name, _text(before), _text(after))


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "\n".join(map(str, value))
    if isinstance(value, bool):
        return "oui" if value else "non"
    return "" if value is None else str(value)
