"""What answers given after sending change in the triage of a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from csirt.reference.bundle import Bundle
from incidents.domain.questions import fill
from incidents.domain.triage import Assessment, assess
from incidents.domain.walk import Walk

RECHECKED = ("danger", "continue", "travail")
"""The questions asked again when the situation changes."""


@dataclass(frozen=True)
class Retriage:
    """A fresh assessment, and ``kept``: what the case keeps of it."""

    assessment: Assessment
    kept: dict[str, Any]


def retriage(
    bundle: Bundle,
    *,
    kept: Mapping[str, Any],
    kind: str,
    category: str,
    answers: Mapping[str, object],
    later: Mapping[str, object],
    now: datetime,
) -> Retriage:
    """Assess again with the answers given *later*.

    What the case keeps stands; only the inputs that an answered question speaks of are read anew,
    so that what is not asked yet counts for nothing. A flag once raised stays raised. Raises
    ``ValueError`` for an id that the reference data does not know.
    """
    both = {"kind": kind, **answers, **later}
    known = frozenset(kept.get("flags", []))
    walk = Walk(bundle, both, ("before", "after"), category, known)
    given = [a for a in walk.asked if a.question.id in later and a.answer is not None]
    touched = {name for a in given for option in a.options for name in option.sets}
    touched |= {a.question.decides.input for a in given if a.question.decides}
    chosen = [option for question, option in walk.chosen if question.id in later]
    levels = fill(bundle, both, now=now).inputs
    asked = kept.get("asked")
    fresh: dict[str, Any] = {
        "inputs": {**kept.get("inputs", {}), **{name: levels[name] for name in touched}},
        "asked": None if asked is None else sorted({*asked, *touched}),
        "flags": sorted(known.union(*(option.flags for option in chosen))),
        "traits": sorted({*kept.get("traits", []), *(t for o in chosen for t in o.traits)}),
    }
    assessment = assess(
        bundle,
        inputs=fresh["inputs"],
        flags=fresh["flags"],
        category=category,
        kind=kind,
        traits=fresh["traits"],
        asked=fresh["asked"],
        answers=both,
    )
    fresh |= {
        "score": assessment.score,
        "band": assessment.band,
        "computed": assessment.computed,
        "rules": list(assessment.fired),
    }
    return Retriage(assessment, fresh)
