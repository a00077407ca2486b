"""The incident's life: one table from which the model, REST, buttons and diagram are made.

States and transitions are those of DESIGN.md section 4. Labels are French msgids.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

UNDO_FOR = timedelta(
    seconds=10
)  # how long an act may be taken back, and what it says outside waits


class State(StrEnum):
    """Where a case stands."""

    NEW = "new"
    TRIAGE = "triage"
    ACTIVE = "active"
    WAITING = "waiting"
    RECOVERY = "recovery"
    REVIEW = "review"
    CLOSED = "closed"
    REDIRECTED = "redirected"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]

    @property
    def terminal(self) -> bool:
        return self in TERMINAL

    @property
    def phase(self) -> str:
        """``during``, ``after``, or empty when the case left the desk."""
        if self in {State.REVIEW, State.CLOSED}:
            return "after"
        return "" if self.terminal else "during"


_LABELS = {
    State.NEW: "Nouveau",
    State.TRIAGE: "En qualification",
    State.ACTIVE: "En traitement",
    State.WAITING: "En attente",
    State.RECOVERY: "Rétablissement",
    State.REVIEW: "Retour d'expérience",
    State.CLOSED: "Clos",
    State.REDIRECTED: "Réorienté",
    State.DUPLICATE: "Doublon",
    State.REJECTED: "Sans suite",
}
_MEANINGS = {
    State.NEW: "Déposé, personne ne l'a encore lu.",
    State.TRIAGE: "Un analyste l'a pris.",
    State.ACTIVE: "Qualifié, la réponse est en cours.",
    State.WAITING: "Nous attendons quelqu'un, jusqu'à une date.",
    State.RECOVERY: "Contenu : on rétablit et on surveille.",
    State.REVIEW: "Résolu : leçons et suivi.",
    State.CLOSED: "Le mot de la fin a été envoyé.",
    State.REDIRECTED: "Confié à un autre service, avec accord.",
    State.DUPLICATE: "Ses signalements sont rattachés à un autre dossier.",
    State.REJECTED: "Ce n'est pas un événement de sécurité.",
}
TERMINAL = frozenset({State.CLOSED, State.REDIRECTED, State.DUPLICATE, State.REJECTED})


@dataclass(frozen=True)
class Transition:
    """One edge. ``target`` None means: back to where it came from. ``needs`` names its fields."""

    name: str
    sources: tuple[State, ...]
    target: State | None
    label: str
    needs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    returns: tuple[State, ...] = ()  # what a None target may lead to

    @property
    def targets(self) -> tuple[State, ...]:
        """Every state that this edge may lead to."""
        return self.returns if self.target is None else (self.target,)


_S = State
TRANSITIONS: dict[str, Transition] = {
    edge.name: edge
    for edge in (
        Transition("take", (_S.NEW,), _S.TRIAGE, "Prendre en charge"),
        Transition(
            "qualify",
            (_S.TRIAGE,),
            _S.ACTIVE,
            "Qualifier",
            needs=("kind", "category", "priority", "tlp"),
            optional=("reason",),
        ),
        Transition(
            "wait",
            (_S.ACTIVE, _S.RECOVERY),
            _S.WAITING,
            "Mettre en attente",
            needs=("waiting_on", "reason", "until"),
        ),
        Transition(
            "resume",
            (_S.WAITING,),
            None,
            "Reprendre",
            returns=(_S.ACTIVE, _S.RECOVERY),
        ),
        Transition("contain", (_S.ACTIVE,), _S.RECOVERY, "Contenu : rétablir"),
        Transition("resolve", (_S.ACTIVE, _S.RECOVERY), _S.REVIEW, "Résoudre", needs=("reason",)),
        Transition("close", (_S.REVIEW,), _S.CLOSED, "Clore", needs=("closing_words",)),
        Transition(
            "reopen",
            (_S.CLOSED, _S.REVIEW, _S.REJECTED, _S.REDIRECTED),
            None,
            "Rouvrir",
            needs=("reason",),
            returns=(_S.ACTIVE, _S.TRIAGE),
        ),
        Transition(
            "redirect",
            (_S.NEW, _S.TRIAGE, _S.ACTIVE),
            _S.REDIRECTED,
            "Réorienter",
            needs=("redirected_to", "consent", "reason"),
        ),
        Transition("reject", (_S.NEW, _S.TRIAGE), _S.REJECTED, "Sans suite", needs=("reason",)),
        Transition(
            "merge",
            (_S.NEW, _S.TRIAGE, _S.ACTIVE, _S.WAITING, _S.RECOVERY),
            _S.DUPLICATE,
            "Marquer comme doublon",
            needs=("into",),
        ),
        Transition(
            "split",
            (_S.DUPLICATE,),
            None,
            "Séparer",
            returns=(_S.NEW, _S.TRIAGE, _S.ACTIVE, _S.WAITING, _S.RECOVERY),
        ),
    )
}


def reopened(state: State) -> State:
    """Where *reopen* leads: a handled case is active again, a refused one is looked at again."""
    return State.ACTIVE if state in {State.CLOSED, State.REVIEW} else State.TRIAGE


def leaving(state: State) -> list[Transition]:
    """Return the edges that leave *state*, in the order of the table."""
    return [edge for edge in TRANSITIONS.values() if state in edge.sources]


def mermaid() -> str:
    """Return the state diagram of the documentation, made from the table."""
    lines = ["stateDiagram-v2", "    [*] --> new"]
    for edge in TRANSITIONS.values():
        for source in edge.sources:
            targets = (reopened(source),) if edge.name == "reopen" else edge.targets
            lines += [f"    {source} --> {target}: {edge.name}" for target in targets]
    lines += [f"    {state} --> [*]" for state in State if state.terminal]
    return "\n".join(lines) + "\n"
