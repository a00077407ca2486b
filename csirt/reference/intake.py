"""``intake.yaml``: the questions of the form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from csirt.reference.conditions import Condition
from csirt.reference.durations import Duration
from csirt.reference.ids import (
    CategoryId,
    ContactId,
    DutyId,
    FlagId,
    Id,
    InputId,
    KindId,
    Stage,
    TraitId,
)
from csirt.reference.reading import Text, no_map


@dataclass(frozen=True)
class VictimKind:
    """Who may report; ``public`` groups kinds that are served alike."""

    id: Id
    label_fr: Text
    label_en: Text
    public: Id


@dataclass(frozen=True)
class Option:
    """One possible answer, and what choosing it means for triage, traits and category."""

    id: Id
    label_fr: Text
    label_en: Text
    sets: Mapping[InputId, Id] = field(default_factory=no_map)
    flags: tuple[FlagId, ...] = ()
    traits: tuple[TraitId, ...] = ()
    category: CategoryId | None = None
    category_by: Mapping[KindId, CategoryId] = field(default_factory=no_map)
    kinds: tuple[KindId, ...] = ()
    show_contacts: tuple[ContactId, ...] = ()
    show_fr: Text | None = None
    show_en: Text | None = None
    offset: Duration | None = None
    exclusive: bool = False

    def category_for(self, kind: str) -> str | None:
        """The category that this answer gives to a victim of this kind."""
        return self.category_by.get(kind, self.category) if self.category else None


@dataclass(frozen=True)
class Decides:
    """A typed date replaces a level: ``then`` up to that age, else the other."""

    input: InputId
    at_most: Duration
    then: Id
    else_: Id = field(metadata={"key": "else"})


@dataclass(frozen=True)
class Limits:
    """What an upload may be."""

    max_mb: int
    any_type: bool
    files_per_post: int


@dataclass(frozen=True)
class Question:
    """One question. Questions of one page are shown together."""

    id: Id
    stage: Stage
    page: Id
    kinds: tuple[KindId, ...]
    type: Literal[
        "choice",
        "multi",
        "choice_or_datetime",
        "commune",
        "text",
        "textarea",
        "contact",
        "money",
        "files",
    ]
    fr: Text
    en: Text
    options: tuple[Option, ...] = ()
    options_from: Literal["victim_kinds"] | None = None
    help_fr: Text | None = None
    help_en: Text | None = None
    role_en: Text | None = None
    show_if: Condition | None = None
    optional: bool = False
    optional_if: Condition | None = None
    optional_fr: Text | None = None
    optional_en: Text | None = None
    needs: Literal["phone_or_email"] | None = None
    several: bool = False
    data: Text | None = None
    decides: Decides | None = None
    starts_duties_unless: tuple[Id, ...] = ()
    duties: tuple[DutyId, ...] = ()
    limits: Limits | None = None
    closed_fr: Text | None = None
    closed_en: Text | None = None
    closed_contacts: tuple[ContactId, ...] = ()

    @property
    def several_answers(self) -> bool:
        """Whether the answer is a list of options."""
        return self.type == "multi"

    def options_for(self, kind: str | None) -> tuple[Option, ...]:
        """The options that a victim of this kind may choose."""
        return tuple(o for o in self.options if not o.kinds or kind in o.kinds)

    def option(self, wanted: str) -> Option | None:
        """The option of that id."""
        return next((o for o in self.options if o.id == wanted), None)


@dataclass(frozen=True)
class Route:
    """Something to say, and whom to show, when a condition holds."""

    id: Id
    when: Condition
    show_contacts: tuple[ContactId, ...]
    do_fr: Text
    do_en: Text


@dataclass(frozen=True)
class Intake:
    """The whole file."""

    version: Text
    max_pages_before_sending: int
    check_answers_page: bool
    principles_fr: tuple[Text, ...]
    victim_kinds: tuple[VictimKind, ...]
    questions: tuple[Question, ...]
    routing: tuple[Route, ...]
