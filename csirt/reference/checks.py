"""What must hold between the files of one bundle, beyond each file's own form."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from csirt.reference import checks_intake, checks_playbooks, checks_rest
from csirt.reference.reading import Place

if TYPE_CHECKING:
    from csirt.reference.bundle import Bundle

Where = Callable[..., Place]


def known(bundle: "Bundle") -> Mapping[str, frozenset[str]]:
    """Every id that exists, by the kind of reference that may point to it."""
    words, triage, intake = bundle.vocabulary, bundle.triage, bundle.intake
    rules = (*triage.floors, *triage.caps, *triage.raises)
    found = {
        "basis": words.basis,
        "calendar": words.calendars,
        "category": bundle.category_file.categories,
        "clock": words.clock,
        "contact": bundle.contact_file.contacts,
        "distress_group": bundle.distress.groups,
        "due_from": words.due_from,
        "duty": bundle.duty_file.clocks,
        "duty_start": words.duty_starts,
        "flag": triage.flags,
        "input": triage.inputs,
        "victim_kind": intake.victim_kinds,
        "playbook": tuple(bundle.playbooks.values()),
        "readiness_answer": bundle.readiness.answers,
        "readiness_band": bundle.readiness.scoring.bands,
        "readiness_question": bundle.readiness.questions,
        "role": words.roles,
        "rule": rules,
        "step": tuple(s for p in bundle.playbooks.values() for s in p.steps),
        "template": bundle.messages.templates,
    }
    ids = {kind: frozenset(str(thing.id) for thing in things) for kind, things in found.items()}  # type: ignore[attr-defined]
    traits = bundle.names.variables.get("traits")
    return ids | {
        "RSIT_code": bundle.rsit,
        "public": frozenset(k.public for k in intake.victim_kinds),
        "source": frozenset(bundle.source_file.sources),
        "trait": traits.values if traits else frozenset(),
    }


def run(bundle: "Bundle", where: Where) -> Iterator[str]:
    """Every problem, each with its place."""
    yield from checks_intake.run(bundle, where)
    yield from checks_playbooks.run(bundle, where)
    yield from checks_rest.run(bundle, where)
