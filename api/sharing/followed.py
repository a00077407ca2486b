"""What a case's course gives to partners who want it: playbooks followed, steps done, effects."""

import base64
import json
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from api.sharing.moments import milliseconds, whole_hour
from api.stix.case import Course, Details, Task
from csirt.directory import reference
from csirt.reference.playbooks import Playbook, Step
from incidents.models import Incident
from playbooks import exporting, queries
from playbooks.models import Edition, Run

_PATIENTS = "sante"  # the trait of who keeps health records


def courses(case: Incident) -> tuple[Course, ...]:
    """Return the playbooks that *case* follows, each as it was published."""
    rows = Run.objects.filter(incident=case, state=Run.State.ATTACHED).select_related("edition")
    return tuple(
        _course(queries.book_of(row.edition), row.edition)
        for row in rows.order_by("pk")
        if row.edition is not None
    )


def _course(playbook: Playbook, edition: Edition) -> Course:
    schema = next(iter(settings.ORIGINS), "") + reverse("playbooks-extension")
    content = exporting.exported(playbook, edition, language="fr", schema=schema)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Course(
        id=content["id"],
        title=playbook.title_fr,
        description=content["description"],
        created=content["created"],
        modified=milliseconds(exporting.made_at(edition)),
        cacao=base64.b64encode(text.encode()).decode(),
    )


def details(case: Incident) -> Details:
    """Return when it began, how far it went, and which steps were done: no word of the victim's."""
    inputs = case.assessment.get("inputs", {})
    return Details(
        since=whole_hour(case.knowledge_at or case.opened_at),
        availability=_availability(inputs.get("impact_service", "")),
        lost=_lost(inputs.get("donnees", ""), case.assessment.get("traits", [])),
        tasks=tuple(Task(step.id, step.title_fr, whole_hour(at)) for at, step in _done(case)),
    )


def _done(case: Incident) -> list[tuple[datetime, Step]]:
    """Each step once, when it was first done: two playbooks may share one."""
    found: dict[str, tuple[datetime, Step]] = {}
    for at, step in queries.done(case):
        if step.id not in found or at < found[step.id][0]:
            found[step.id] = (at, step)
    return sorted(found.values(), key=lambda pair: (pair[0], pair[1].id))


def _availability(level: str) -> int | None:
    """The level of the triage's question whether work can go on, 0 to 100; None when nobody knows."""
    levels = next(i.levels for i in reference.current().triage.inputs if i.id == "impact_service")
    return None if level in {"nsp", ""} else levels.get(level)


def _lost(level: str, traits: list[str]) -> str:
    """Personal data that were seen, taken or published, by information-type-ov."""
    if level not in {"sensibles", "publiees"}:
        return ""
    return "phi" if _PATIENTS in traits else "pii"
