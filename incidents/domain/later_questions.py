"""What a victim is asked after a case was closed, when, and what an answer means."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from csirt.reference.conditions import holds
from csirt.reference.review import Choice, LaterQuestion, Reviews, Round

LATEST = timedelta(
    days=30
)  # after the last round: one that nobody sent by then is not sent any more


def windows(reviews: Reviews) -> Iterator[tuple[Round, timedelta, timedelta]]:
    """Yield each round with the time after closing from which, and until when, it may be sent.

    It ends where the next begins: after a long stop a victim gets one letter, not three.
    """
    begins = [timedelta(days=one.days) for one in reviews.rounds]
    for at, one in enumerate(reviews.rounds):
        until = begins[at + 1] if at + 1 < len(begins) else begins[at] + LATEST
        yield one, begins[at], until


def asked(reviews: Reviews, days: int, *, kind: str, category: str) -> list[LaterQuestion]:
    """Return the questions of the round after *days*, for such a victim and such a case."""
    env = {"kind": kind, "category": category}
    return [one for one in reviews.questions if days in one.rounds and holds(one.when, env)]


def given(question: LaterQuestion, answer: str) -> Choice | None:
    """Return the choice that *answer* names, None when it is none of the question."""
    return next((one for one in question.options if one.id == answer), None)


def bad(questions: list[LaterQuestion], answers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what was asked and answered, in French, of the answers that reopen a case."""
    found = []
    for question in questions:
        choice = given(question, answers.get(question.id, ""))
        if choice is not None and choice.bad:
            found.append((question.fr, choice.fr))
    return found
