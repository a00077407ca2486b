"""What a step of a run may become, how much is done, and when it is due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from csirt.kernel.errors import Invalid
from csirt.reference.hours import OpeningHours
from csirt.reference.playbooks import Step
from incidents.domain.clocks import later


class Status(StrEnum):
    """Where a step stands. ``WAIVED``: it does not apply here, for a written reason."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"
    WAIVED = "waived"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def settled(self) -> bool:
        """Nothing is left to do."""
        return self in {Status.DONE, Status.WAIVED}


_LABELS = {
    Status.TODO: "À faire",
    Status.DOING: "En cours",
    Status.DONE: "Fait",
    Status.WAIVED: "Sans objet",
}
PHASE_LABELS = {"before": "Avant", "during": "Pendant", "after": "Après"}


def refuse_unless_reasoned(wanted: str, reason: str) -> Status:
    """Return the status that a person asks for; raises ``Invalid``, also for one that lacks its reason."""
    if wanted not in list(Status):
        raise Invalid(
            "Une valeur n'est pas dans sa liste.",
            code="bad-value",
            fields={"state": "Choisissez une valeur de la liste."},
        )
    status = Status(wanted)
    if status is Status.WAIVED and not reason.strip():
        raise Invalid(
            "Dites pourquoi cette étape est sans objet.",
            code="no-reason",
            fields={"reason": "Écrivez pourquoi : ce sera relu."},
        )
    return status


def ticked(now: Status, *, by_victim: bool, done: bool) -> Status:
    """Return what a step becomes when its victim leaves its box *done*, or not.

    *by_victim*: the victim ticked it. What the desk settled stays: the victim undoes their own alone.
    """
    if done:
        return now if now is Status.WAIVED else Status.DONE
    return Status.TODO if now is Status.DONE and by_victim else now


@dataclass(frozen=True)
class Progress:
    """How many of the steps that apply are settled."""

    done: int
    total: int

    @property
    def complete(self) -> bool:
        """All of them, and there is one."""
        return 0 < self.total == self.done

    @classmethod
    def of(cls, statuses: Iterable[Status]) -> "Progress":
        """Count them."""
        found = list(statuses)
        return cls(sum(status.settled for status in found), len(found))

    def __str__(self) -> str:
        return f"{self.done}/{self.total}"


@dataclass(frozen=True)
class Starts:
    """From when a step's time counts: when it was shown, the case resolved, its duty begun."""

    shown: datetime | None = None
    resolution: datetime | None = None
    duty: datetime | None = None

    def of(self, due_from: str) -> datetime | None:
        """The moment that *due_from* names, None while it has not come."""
        return {"shown": self.shown, "resolution": self.resolution, "duty": self.duty}[due_from]


def due_at(step: Step, starts: Starts, hours: OpeningHours) -> datetime | None:
    """When a step should be done by; None without a due time, or before it begins to count.

    Real time counts hours as they pass, and days and months by the local calendar at the same hour.
    """
    if step.due is None or step.due_from is None:
        return None
    start = starts.of(step.due_from)
    if start is None:
        return None
    if step.clock == "opening":
        return hours.add(start, step.due)
    return later(start, step.due)
