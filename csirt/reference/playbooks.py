"""``playbooks/*.yaml``: what to do before, during and after."""

from dataclasses import dataclass

from csirt.reference.conditions import Condition
from csirt.reference.durations import Duration
from csirt.reference.ids import BasisId, ClockId, DueFromId, DutyId, Id, KindId, RoleId, SourceId
from csirt.reference.reading import Text

PLAYBOOK_PHASES = ("before", "during", "after")


@dataclass(frozen=True)
class Step:
    """One thing to do. ``due`` counts from ``due_from`` on ``clock``."""

    id: Id
    order: int
    title_fr: Text
    title_en: Text
    detail_fr: Text
    detail_en: Text
    role: RoleId
    due: Duration | None
    due_from: DueFromId | None
    clock: ClockId | None
    visible_to_victim: bool
    required: bool
    basis: BasisId
    source: tuple[SourceId, ...]
    when: Condition | None = None
    duty: DutyId | None = None


@dataclass(frozen=True)
class Phases:
    """The steps of the three phases."""

    before: tuple[Step, ...]
    during: tuple[Step, ...]
    after: tuple[Step, ...]

    def of(self, phase: str) -> tuple[Step, ...]:
        """The steps of one phase."""
        return {"before": self.before, "during": self.during, "after": self.after}[phase]


@dataclass(frozen=True)
class Playbook:
    """One playbook: first gestures, what not to do, and the steps."""

    id: Id
    version: Text
    title_fr: Text
    title_en: Text
    victim_kinds: tuple[KindId, ...]
    first_minutes_fr: tuple[Text, ...]
    first_minutes_en: tuple[Text, ...]
    dont_fr: tuple[Text, ...]
    dont_en: tuple[Text, ...]
    phases: Phases

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in order of display."""
        return self.phases.before + self.phases.during + self.phases.after

    def step(self, wanted: str) -> Step:
        """The step of that id. Raises ``KeyError``."""
        for step in self.steps:
            if step.id == wanted:
                return step
        raise KeyError(wanted)
