"""The readiness kit: from answers to a score, a band, and the next three gestures.

The rules are those of ``readiness.yaml``, which says them in words too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from csirt.reference.readiness import Readiness, ReadinessBand, ReadinessQuestion

NEXT = 3
UNKNOWN = "nsp"  # what an unanswered question counts as


@dataclass(frozen=True)
class Outcome:
    """``score`` and ``band`` None: no question concerns this body.

    ``vital``: the vital questions that hold the band down. ``gestures``: what to do next, three at
    most. ``rest``: what else is not there yet, the heaviest first.
    """

    score: int | None
    band: ReadinessBand | None
    vital: tuple[ReadinessQuestion, ...]
    gestures: tuple[ReadinessQuestion, ...]
    rest: tuple[ReadinessQuestion, ...]


def outcome(kit: Readiness, answers: Mapping[str, str]) -> Outcome:
    """Return what *answers* (id of the answer by id of the question) come to."""
    values = {answer.id: answer.value for answer in kit.answers}
    told = {question.id: values[answers.get(question.id, UNKNOWN)] for question in kit.questions}
    counted = [(question, told[question.id]) for question in kit.questions]
    concerned = [(question, Fraction(value)) for question, value in counted if value is not None]
    vital = tuple(
        question
        for question in kit.questions
        if question.id in kit.scoring.vital.ids
        and answers.get(question.id, UNKNOWN) not in kit.scoring.vital.unless_answers
    )
    missing = sorted(
        (question for question, value in concerned if value < 1),
        key=lambda question: (
            question.id not in kit.scoring.vital.ids,
            -question.weight * (1 - (told[question.id] or 0)),
            question.who != "secretaire",
        ),
    )
    score = _score(concerned)
    return Outcome(
        score=score,
        band=None if score is None else _band(kit, score, held=bool(vital)),
        vital=vital,
        gestures=tuple(missing[:NEXT]),
        rest=tuple(missing[NEXT:]),
    )


def changes(
    kit: Readiness, before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[list[ReadinessQuestion], list[ReadinessQuestion]]:
    """Return the questions that stand better now than *before*, and those that stand worse."""
    values = {answer.id: answer.value for answer in kit.answers}
    better: list[ReadinessQuestion] = []
    worse: list[ReadinessQuestion] = []
    for question in kit.questions:
        then = values[before.get(question.id, UNKNOWN)]
        now = values[after.get(question.id, UNKNOWN)]
        if then is not None and now is not None and then != now:
            (better if now > then else worse).append(question)
    return better, worse


def _score(concerned: list[tuple[ReadinessQuestion, Fraction]]) -> int | None:
    weights = sum(question.weight for question, _value in concerned)
    if not weights:
        return None
    got = sum(question.weight * value for question, value in concerned)
    return round(100 * got / weights)  # half to even, as a fraction rounds


def _band(kit: Readiness, score: int, *, held: bool) -> ReadinessBand:
    bands = {band.id: band for band in kit.scoring.bands}
    found = next(band for band in kit.scoring.bands if score >= band.min)
    most = bands[kit.scoring.vital.band_at_most]
    return most if held and found.min > most.min else found
