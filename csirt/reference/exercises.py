"""``exercises/*.yaml``: invented scenarios with timed injects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from csirt.reference.durations import Duration
from csirt.reference.ids import (
    CategoryId,
    ClockTime,
    ContactId,
    DistressId,
    DutyId,
    FlagId,
    Id,
    KindId,
    PlaybookId,
    Priority,
    RuleId,
    StepId,
    TemplateId,
)
from csirt.reference.reading import Text

Action = Literal[
    "ouvrir-dossier", "priorite", "etape", "lier-dossiers", "extraire", "drapeau", "escalade",
    "repondre", "ne-pas", "horloge", "message", "contact", "detresse",
]  # fmt: skip

# The field that each action must carry, and the one that it may carry besides.
ACTION_FIELDS: dict[str, tuple[str, str | None]] = {
    "ouvrir-dossier": ("category", None),
    "priorite": ("value", "rules"),
    "etape": ("step", None),
    "lier-dossiers": ("with_", None),
    "extraire": ("observables", None),
    "drapeau": ("flag", None),
    "escalade": ("to", None),
    "repondre": ("must_say_fr", None),
    "ne-pas": ("text_fr", None),
    "horloge": ("duty", "from_"),
    "message": ("template", None),
    "contact": ("contact", None),
    "detresse": ("group", None),
}


@dataclass(frozen=True)
class ExpectedAction:
    """What the desk should do after an inject; which field is filled depends on the action."""

    action: Action
    category: CategoryId | None = None
    value: Priority | None = None
    rules: tuple[RuleId, ...] = ()
    step: StepId | None = None
    with_: tuple[Id, ...] = field(default=(), metadata={"key": "with"})
    observables: tuple[Text, ...] = ()
    flag: FlagId | None = None
    to: ContactId | None = None
    must_say_fr: Text | None = None
    text_fr: Text | None = None
    duty: DutyId | None = None
    from_: Duration | None = field(default=None, metadata={"key": "from"})
    template: TemplateId | None = None
    contact: ContactId | None = field(default=None, metadata={"key": "id"})
    group: DistressId | None = None


@dataclass(frozen=True)
class Organisation:
    """An invented organisation."""

    id: Id
    kind: KindId
    name: Text


@dataclass(frozen=True)
class Inject:
    """What reaches the desk, and when, counted from the start.

    ``answers`` are choices of the form, by question: what is not there is answered as by who does
    not know. With them a ``formulaire`` opens a case; without, whoever has one writes there.
    """

    id: Id
    at: Duration
    channel: Literal["telephone", "formulaire", "courriel", "systeme"]
    org: Id
    sender: Text
    text_fr: Text
    expected: tuple[ExpectedAction, ...]
    answers: Mapping[Id, Id] = field(default_factory=dict)  # what a "formulaire" has chosen


@dataclass(frozen=True)
class Start:
    """The weekday and local time at which the exercise begins."""

    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    time: ClockTime


@dataclass(frozen=True)
class Exercise:
    """One scenario."""

    id: Id
    version: Text
    title_fr: Text
    title_en: Text
    fictional: bool
    banner_fr: Text
    playbooks: tuple[PlaybookId, ...]
    start: Start
    duration: Duration
    organisations: tuple[Organisation, ...]
    injects: tuple[Inject, ...]
    debrief_fr: tuple[Text, ...]
