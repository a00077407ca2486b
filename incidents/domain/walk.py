"""The walk over the questions: which are asked, and what was chosen on the way."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from csirt.reference.bundle import Bundle
from csirt.reference.conditions import holds
from csirt.reference.intake import Option, Question
from incidents.domain.answers import Answer, still_fits


@dataclass(frozen=True)
class Asked:
    """One question as put to this person."""

    question: Question
    options: tuple[Option, ...]
    required: bool
    answer: Answer | None


class Walk:
    """One pass over the questions with what is answered so far.

    ``show_if`` never looks at its own page or at a later one, so a single pass decides everything.
    *category* and *flags* are what an analyst set meanwhile; they count for ``show_if``.
    """

    def __init__(
        self,
        bundle: Bundle,
        answers: Mapping[str, object],
        stages: Collection[str],
        category: str | None,
        flags: Collection[str],
    ) -> None:
        kind = answers.get("kind")
        self.kind = kind if isinstance(kind, str) and kind in _kinds(bundle) else None
        self.category: str | None = None
        self.flags: set[str] = set(flags)
        self.traits: list[str] = []
        self.asked: list[Asked] = []
        self.chosen: list[tuple[Question, Option]] = []
        env: dict[str, object] = {"kind": self.kind}
        stop_after = None if self.kind else bundle.questions["kind"].page
        passed = False
        for question in bundle.intake.questions:
            if passed and question.page != stop_after:
                break
            passed = passed or question.page == stop_after
            if question.stage not in stages or not self._for_me(bundle, question):
                continue
            env["category"] = category or self.category
            if not holds(question.show_if, env, self.flags):
                continue
            self._put(question, answers.get(question.id), env)

    def _for_me(self, bundle: Bundle, question: Question) -> bool:
        wanted = {self.kind} if self.kind else _kinds(bundle)
        return wanted <= set(question.kinds)

    def _put(self, question: Question, stored: object, env: dict[str, object]) -> None:
        answer = still_fits(question, self.kind, stored)
        free = question.optional or (
            question.optional_if is not None and holds(question.optional_if, env)
        )
        required = not free and question.stage == "before" and question.type != "files"
        options = question.options_for(self.kind)
        self.asked.append(Asked(question, options, required, answer))
        if answer is None:
            return
        several_places = question.type == "commune" and isinstance(answer, list)
        env[question.id] = "plusieurs" if several_places else answer
        for option in options:
            if option.id == answer or (isinstance(answer, list) and option.id in answer):
                self.chosen.append((question, option))
                self.flags |= set(option.flags)
                self.traits += [t for t in option.traits if t not in self.traits]
                self.category = option.category_for(self.kind or "") or self.category


def _kinds(bundle: Bundle) -> frozenset[str]:
    return frozenset(kind.id for kind in bundle.intake.victim_kinds)
