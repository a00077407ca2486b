"""The steps of a case as its page shows them: by run, by phase, with who did what and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from csirt.directory import reference
from csirt.reference.hours import OpeningHours
from csirt.reference.playbooks import PLAYBOOK_PHASES, Playbook
from incidents.intake.words import said
from incidents.models import Clock, Incident
from playbooks import queries
from playbooks.console.showing import phase_label, role_label
from playbooks.domain.steps import Progress, Starts, Status, due_at
from playbooks.models import Run, StepState
from playbooks.queries import Followed, FollowedStep


@dataclass(frozen=True)
class Row:
    """One step of a run."""

    row: StepState
    title: str
    detail: str
    role: str
    state: str
    due: datetime | None
    late: bool
    by: str
    legal: bool

    @property
    def settled(self) -> bool:
        """Nothing is left to do."""
        return self.row.status.settled


@dataclass(frozen=True)
class Part:
    """One phase of a run: its steps, and those that do not concern this case."""

    id: str
    label: str
    rows: tuple[Row, ...]
    others: tuple[str, ...]
    progress: Progress
    left: int  # required steps that are neither done nor waived
    open: bool


@dataclass(frozen=True)
class Moment:
    """The case as of one reading of the clock: what due times are counted by."""

    case: Incident
    at: datetime
    hours: OpeningHours

    @classmethod
    def of(cls, case: Incident, at: datetime) -> "Moment":
        """Read it."""
        return cls(case, at, OpeningHours(reference.current().service_hours))


@dataclass(frozen=True)
class Shown:
    """One run."""

    run: Run
    title: str
    label: str
    parts: tuple[Part, ...]
    progress: Progress


def board(case: Incident, now: datetime) -> dict[str, Any]:
    """Return what the case page shows of its playbooks; one query."""
    bundle = reference.current()
    found = queries.runs(case)
    moment = Moment.of(case, now)
    names = {name: said(one, "title") for name, one in bundle.playbooks.items()}
    category = bundle.categories.get(case.category)
    return {
        "followed": [_shown(one, moment) for one in found if one.run.state == Run.State.ATTACHED],
        "proposed": [
            {
                "playbook": one.run.playbook,
                "title": names.get(one.run.playbook, one.run.playbook),
                "again": one.run.edition_id is not None,
                "why": said(category, "label") if category else case.category,
            }
            for one in found
            if one.run.state == Run.State.PROPOSED
        ],
    }


def _shown(followed: Followed, moment: Moment) -> Shown:
    playbook, steps = followed.playbook, followed.steps
    resolved = moment.case.resolved_at is not None
    parts = []
    for phase in PLAYBOOK_PHASES:
        mine = [one for one in steps if one.row.phase == phase]
        rows = [_row(one, playbook, moment) for one in mine if one.row.concerned]
        progress = Progress.of(one.row.status for one in rows)
        left = sum(1 for one in rows if one.row.required and not one.settled)
        is_open = phase == ("after" if resolved else "during")
        others = tuple(
            said(playbook.step(one.row.step), "title") for one in mine if not one.row.concerned
        )
        parts.append(Part(phase, phase_label(phase), tuple(rows), others, progress, left, is_open))
    counted = Progress.of(
        one.row.status for one in steps if one.row.concerned and one.row.phase != "before"
    )
    title = said(playbook, "title")
    return Shown(followed.run, title, followed.label, tuple(parts), counted)


def _row(one: FollowedStep, playbook: Playbook, moment: Moment) -> Row:
    row = one.row
    step = playbook.step(row.step)
    status = row.status
    begins = Starts(row.shown_at, moment.case.resolved_at, one.duty_from)
    due = None if status.settled else due_at(step, begins, moment.hours)
    by = ""
    if row.changed_at is not None:
        by = gettext("la victime") if row.by_victim else one.by
    return Row(
        row=row,
        title=said(step, "title"),
        detail=said(step, "detail"),
        role=role_label(row.role),
        state=gettext(status.label) if status is not Status.TODO else "",
        due=due,
        late=due is not None and due <= moment.at,
        by=by,
        legal=bool(row.duty),
    )


def one(row: StepState, case: Incident, now: datetime) -> Row:
    """Return one step, for its own page."""
    assert row.run.edition is not None
    begun = None
    if row.duty:
        clocks = Clock.objects.filter(incident=case, law=True, duty=row.duty).order_by("pk")
        begun = clocks.values_list("started_at", flat=True).first()
    name = str(row.changed_by) if row.changed_by else ""
    shown = FollowedStep(row, name, begun)
    return _row(shown, queries.book_of(row.run.edition), Moment.of(case, now))
