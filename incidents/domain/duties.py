"""Which legal duties a case has. Not legal advice: the page says that a jurist must validate."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from csirt.reference.bundle import Bundle
from incidents.domain.environment import environment
from incidents.domain.questions import Stage, fill

_BEFORE: frozenset[Stage] = frozenset({"before"})
State = Literal["applies", "unknown", "no"]
DUTY_SENTENCES = {
    "unknown": "À établir : la réponse à une question dira si cela vous concerne.",
    "no": "Ne s'applique pas à ce que l'on sait.",
}


@dataclass(frozen=True)
class Duty:
    """Whether one duty applies, and one French sentence saying why."""

    id: str
    state: State
    reason: str

    @property
    def applies(self) -> bool:
        """It is known to apply."""
        return self.state == "applies"


def evaluate(
    bundle: Bundle, env: Mapping[str, object], flags: Collection[str] = ()
) -> dict[str, Duty]:
    """Judge every duty, by id, in the order of the file.

    *env* comes from ``environment()``. A duty applies when its ``applies`` holds; else it is to be
    established when its ``unknown`` holds; else it does not apply.
    """
    found: dict[str, Duty] = {}
    for rule in bundle.duties.values():
        if rule.applies.evaluate(env, flags):
            found[rule.id] = Duty(rule.id, "applies", rule.reason_fr)
        elif rule.unknown.evaluate(env, flags):
            found[rule.id] = Duty(rule.id, "unknown", DUTY_SENTENCES["unknown"])
        else:
            found[rule.id] = Duty(rule.id, "no", DUTY_SENTENCES["no"])
    return found


def known(
    bundle: Bundle,
    *,
    kind: str,
    category: str,
    kept: Mapping[str, Any],
    answers: Mapping[str, object],
    text: str,
    filed_at: datetime,
    traits: Collection[str] = (),
    priority: str | None = None,
    nis2_in_force: bool = False,
) -> tuple[dict[str, object], frozenset[str]]:
    """Return what ``evaluate`` takes, from what a case keeps of its triage and its *answers*.

    *traits* are the directory's: they add to those that triage keeps.
    """
    both = {"kind": kind, **answers}
    filled = fill(bundle, both, now=filed_at, text=text, stages=_BEFORE)
    env = environment(
        bundle,
        kind=kind,
        category=category,
        inputs=filled.inputs | kept.get("inputs", {}),
        answers=both,
        traits={*kept.get("traits", ()), *traits},
        priority=priority,
        nis2_in_force=nis2_in_force,
    )
    return env, frozenset(kept.get("flags", ())) | filled.flags


def applying(duties: Mapping[str, Duty]) -> tuple[str, ...]:
    """The ids of the duties that apply."""
    return tuple(duty.id for duty in duties.values() if duty.applies)
