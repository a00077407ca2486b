"""A playbook in the words of the reader's language, for pages."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from csirt.directory import reference
from csirt.reference.bundle import Bundle
from csirt.reference.conditions import parse
from csirt.reference.durations import Duration
from csirt.reference.playbooks import PLAYBOOK_PHASES, Playbook, Step
from incidents.intake.words import language, said, said_all
from playbooks.domain.cacao_reading import FLATTENED_SENTENCES
from playbooks.domain.differences import Difference, differences
from playbooks.domain.steps import PHASE_LABELS
from playbooks.domain.wording import duration, in_words


@dataclass(frozen=True)
class ShownStep:
    """One step in words."""

    id: str
    title: str
    detail: str
    role: str
    due: str
    when: str
    duty: str
    basis: str
    sources: tuple[tuple[str, str], ...]  # title, address
    visible: bool
    required: bool


@dataclass(frozen=True)
class ShownPhase:
    """One phase and its steps."""

    id: str
    label: str
    steps: tuple[ShownStep, ...]


def phase_label(phase: str) -> str:
    """Return « Avant », « Pendant » or « Après »."""
    return gettext(PHASE_LABELS[phase])


def role_label(role: str) -> str:
    """Return who does a step, in words."""
    found = next((r for r in reference.current().vocabulary.roles if r.id == role), None)
    return said(found) if found else role


def roles() -> list[dict[str, str]]:
    """Return the roles, as a list to choose from."""
    return [{"value": r.id, "label": said(r)} for r in reference.current().vocabulary.roles]


def book(playbook: Playbook) -> dict[str, Any]:
    """Return what a page shows of a playbook."""
    bundle = reference.current()
    kinds = {one.id: said(one, "label") for one in bundle.intake.victim_kinds}
    return {
        "playbook": playbook,
        "title": said(playbook, "title"),
        "do": said_all(playbook, "first_minutes"),
        "dont": said_all(playbook, "dont"),
        "kinds": [kinds.get(kind, kind) for kind in playbook.victim_kinds],
        "categories": [
            said(one, "label") for one in bundle.categories.values() if one.playbook == playbook.id
        ],
        "phases": [
            ShownPhase(
                phase,
                phase_label(phase),
                tuple(shown(step, bundle) for step in playbook.phases.of(phase)),
            )
            for phase in PLAYBOOK_PHASES
        ],
    }


def shown(step: Step, bundle: Bundle) -> ShownStep:
    """Return one step in words."""
    known = bundle.source_file.sources
    duty = bundle.duties.get(step.duty or "")
    return ShownStep(
        id=step.id,
        title=said(step, "title"),
        detail=said(step, "detail"),
        role=role_label(step.role),
        due=due(step, bundle),
        when=in_words(step.when, bundle, language()) if step.when else "",
        duty=said(duty, "title") if duty else "",
        basis=basis_label(step.basis),
        sources=tuple(
            (known[name].title, known[name].url or "") if name in known else (name, "")
            for name in step.source
        ),
        visible=step.visible_to_victim,
        required=step.required,
    )


def basis_label(name: str) -> str:
    """Return how the best source was seen; the reference data says it in English only."""
    words = {
        "read": gettext("source lue"),
        "relayed": gettext("source relayée, original non lu"),
        "opening": gettext("début de la source seulement"),
        "known": gettext("connaissance générale, à vérifier"),
        "own": gettext("proposition du projet"),
    }
    return words.get(name, name)


def due(step: Step, bundle: Bundle) -> str:
    """Return a step's due time in words: how long, from when, on which clock."""
    if step.due is None:
        return ""
    terms = {one.id: one for one in bundle.vocabulary.due_from}
    term = said(terms[step.due_from]) if step.due_from in terms else ""
    words = f"{duration(step.due, language())}, {term[:1].lower()}{term[1:]}"
    return f"{words}, {gettext('heures d’ouverture')}" if step.clock == "opening" else words


@dataclass(frozen=True)
class ShownDifference:
    """What happened to a step, or to the playbook itself when ``title`` is empty."""

    title: str
    word: str
    tone: str
    changes: tuple[tuple[str, str, str], ...]  # field, before, after


def compared(old: Playbook | None, new: Playbook) -> list[ShownDifference]:
    """Return what *new* changes in *old*, in words; everything is new when there is no old one."""
    if old is None:
        return []
    return [_difference(one) for one in differences(old, new)]


def _difference(one: Difference) -> ShownDifference:
    word, tone = {
        "added": (gettext("ajoutée"), "success"),
        "removed": (gettext("retirée"), "danger"),
        "changed": (gettext("modifiée"), "info"),
    }[one.what]
    title = said(one.step, "title") if one.step else ""
    return ShownDifference(
        title,
        word,
        tone,
        tuple(
            (gettext(c.label), _value(c.field, c.before), _value(c.field, c.after))
            for c in one.changes
        ),
    )


def _value(field: str, text: str) -> str:
    """Say what a field of the file holds."""
    bundle = reference.current()
    if not text:
        return gettext("rien")
    if field == "due":
        return duration(Duration.parse(text), language())
    if field == "when":
        return in_words(parse(text), bundle, language())
    if field in {"visible_to_victim", "required"}:
        return gettext(text)
    listed: dict[str, Callable[[str], str]] = {
        "phase": phase_label,
        "role": role_label,
        "basis": basis_label,
        "due_from": lambda one: _of(bundle.vocabulary.due_from, one),
        "clock": lambda one: _of(bundle.vocabulary.clock, one),
        "duty": lambda one: _of(bundle.duties.values(), one, "title"),
        "victim_kinds": lambda one: _of(bundle.intake.victim_kinds, one, "label"),
        "source": lambda one: (
            bundle.source_file.sources[one].title if one in bundle.source_file.sources else one
        ),
    }
    say = listed.get(field)
    return "\n".join(map(say, text.split("\n"))) if say else text


def _of(things: Iterable[Any], wanted: str, name: str = "") -> str:
    """Say one of *things* by its id, or the id when it is gone."""
    return next((said(one, name) for one in things if one.id == wanted), wanted)


def losses(rows: Iterable[Sequence[str]]) -> list[str]:
    """Say what an import flattened."""
    return [gettext(FLATTENED_SENTENCES[kind]) % name for kind, name in rows]
