"""``readiness.yaml``: the survival kit, questions and scoring."""

from dataclasses import dataclass
from typing import Annotated, Literal

from csirt.reference.durations import Duration
from csirt.reference.ids import Id, KindId, PlaybookId, SourceId
from csirt.reference.reading import Ref, Text


@dataclass(frozen=True)
class ReadinessTarget:
    """For whom the kit is made."""

    kind: KindId
    max_population: int | None = None
    max_staff: int | None = None


@dataclass(frozen=True)
class ReadinessAnswer:
    """``value`` None: the question counts neither for nor against."""

    id: Id
    label_fr: Text
    label_en: Text
    value: float | None
    flag: Id | None = None


@dataclass(frozen=True)
class ReadinessBand:
    """The name of a score from ``min`` upwards."""

    min: int
    id: Id
    label_fr: Text
    label_en: Text


@dataclass(frozen=True)
class Vital:
    """The questions that hold the band down."""

    ids: tuple[Annotated[str, Ref("readiness_question")], ...]
    rule_fr: Text
    rule_en: Text
    band_at_most: Annotated[str, Ref("readiness_band")]
    unless_answers: tuple[Annotated[str, Ref("readiness_answer")], ...]


@dataclass(frozen=True)
class AllNotApplicable:
    """What to say when no question concerns anybody."""

    score: int | None
    band: str | None
    text_fr: Text
    text_en: Text


@dataclass(frozen=True)
class ReadinessScoring:
    """How answers become a score and a band."""

    formula: Text
    max_weight: int
    bands: tuple[ReadinessBand, ...]
    vital: Vital
    next_actions: Text
    rounding: Text
    unanswered: Text
    all_na: AllNotApplicable


@dataclass(frozen=True)
class ReadinessQuestion:
    """One question, its weight and the advice that goes with it."""

    id: Id
    theme: Id
    weight: int
    who: Literal["secretaire", "decideur", "prestataire", "finances", "dpo"]
    legal: Text | None
    question_fr: Text
    question_en: Text
    advice_fr: Text
    source: tuple[SourceId, ...]
    playbook: PlaybookId
    advice_en: Text = ""  # versions that were stored before have none


@dataclass(frozen=True)
class Readiness:
    """The whole file."""

    id: Id
    version: Text
    title_fr: Text
    title_en: Text
    duration: Duration
    target: tuple[ReadinessTarget, ...]
    answers: tuple[ReadinessAnswer, ...]
    scoring: ReadinessScoring
    method_note: Text
    questions: tuple[ReadinessQuestion, ...]
