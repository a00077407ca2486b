"""What only some collections want: followed playbooks as CACAO, and the incident suite's new objects.

Each of the two is a ``grouping`` of its own that holds what belongs to it.

Sources: OASIS common objects, folder ``incident-ef7`` (event, impact, task: drafts that still move,
so little of each is said); the Course of Action extension for security playbooks 3.0.0, whose
schema names the property ``playbook_bin``.
"""

from typing import Any

from api.stix import words
from api.stix.case import Case, Course, Details
from api.stix.writing import Writer


def write(writer: Writer, case: Case, incident: str) -> None:
    """Write both, as far as *case* has them."""
    if case.courses:
        writer.gate = "playbooks"
        refs = [part for course in case.courses for part in _course(writer, course, incident)]
        _grouping(writer, case, "Playbooks suivis", [incident, *refs])
    if case.details:
        writer.gate = "details"
        refs = _details(writer, case, case.details, incident)
        _grouping(writer, case, "Événement, effets et gestes", [incident, *refs])
    writer.gate = ""


def _grouping(writer: Writer, case: Case, name: str, refs: list[str]) -> None:
    writer.own(
        "grouping",
        "grouping",
        name=f"{case.reference} {name}",
        context="unspecified",
        object_refs=refs,
    )


def _course(writer: Writer, course: Course, incident: str) -> list[str]:
    extension = {
        "extension_type": "property-extension",
        "type": "playbook",
        "playbook_id": course.id,
        "created": course.created,
        "modified": course.modified,
        "playbook_creator": writer.author,
        "playbook_standard": "CACAO",
        "playbook_abstraction": "template",
        "playbook_type": ["mitigation", "remediation"],
        "playbook_bin": course.cacao,
    }
    key = f"course:{course.id}"
    stix_id = writer.own(
        key,
        "course-of-action",
        name=course.title,
        description=course.description,
        extensions={words.PLAYBOOK_EXTENSION: extension},
    )
    return [stix_id, writer.link("related-to", "incident", incident, key, stix_id)]


def _details(writer: Writer, case: Case, told: Details, incident: str) -> list[str]:
    event = writer.own(
        "event",
        "event",
        name=case.label,
        status="occurred" if case.closed else "ongoing",
        event_types=words.incident_types(case.category, case.rsit),
        start_time=told.since,
        start_time_fidelity="hour" if told.since else "",
        extensions={words.EVENT_EXTENSION: {"extension_type": "new-sdo"}},
    )
    refs = [event, writer.link("related-to", "incident", incident, "event", event)]
    for category, said in _impacts(case, told):
        key = f"impact:{category}"
        impact = writer.own(
            key,
            "impact",
            impact_category=f"{category}-ext",
            extensions={
                words.IMPACT_EXTENSION: {"extension_type": "new-sdo"},
                f"{category}-ext": said,
            },
        )
        refs += [impact, writer.link("causes", "event", event, key, impact)]
    for task in told.tasks:
        key = f"task:{task.id}"
        stix_id = writer.own(
            key,
            "task",
            name=task.title,
            outcome="successful",
            task_types=["playbook-step-execution"],
            end_time=task.at,
            end_time_fidelity="hour",
            extensions={words.TASK_EXTENSION: {"extension_type": "new-sdo"}},
        )
        refs += [stix_id, writer.link("led-to", "event", event, key, stix_id)]
    return refs


def _impacts(case: Case, told: Details) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    if told.availability is not None:
        found.append(("availability", {"availability_impact": told.availability}))
    if told.lost:
        loss = "confirmed-loss" if case.confirmed else "suspected-loss"
        found.append(("confidentiality", {"information_type": told.lost, "loss_type": loss}))
    return found
