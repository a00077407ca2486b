"""What is known of a case, as the conditions of steps ask for it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings

from csirt.reference.conditions import holds
from csirt.reference.hours import OpeningHours
from csirt.reference.playbooks import Playbook
from incidents import queries
from incidents.domain.environment import environment
from incidents.models import Incident
from incidents.services.loading import bundle_of


def situation(case: Incident, now: datetime) -> tuple[Mapping[str, object], Collection[str]]:
    """Return the variables and the flags of a case already seen, by the files it began with."""
    kept, bundle = case.assessment, bundle_of(case)
    known = case.organisation.traits if case.organisation else []
    env = environment(
        bundle,
        kind=case.victim_kind,
        category=case.category,
        inputs=kept.get("inputs", {}),
        answers=queries.known_answers(case),
        traits={*kept.get("traits", ()), *known},
        priority=case.priority,
        nis2_in_force=settings.NIS2_FR_IN_FORCE,
        out_of_hours=not OpeningHours(bundle.service_hours).is_open(now),
    )
    return env, frozenset(kept.get("flags", ()))


def concerned(playbook: Playbook, case: Incident, now: datetime) -> frozenset[str]:
    """Return the ids of the steps whose condition holds for the case."""
    env, flags = situation(case, now)
    return frozenset(step.id for step in playbook.steps if holds(step.when, env, flags))
