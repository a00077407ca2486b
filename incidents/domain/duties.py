"""Which legal duties a case has. Not legal advice: the page says that a jurist must validate."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from csirt.reference.bundle import Bundle

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


def applying(duties: Mapping[str, Duty]) -> tuple[str, ...]:
    """The ids of the duties that apply."""
    return tuple(duty.id for duty in duties.values() if duty.applies)
