"""Lessons of cases in words, for the pages of a playbook, of a version and of a review."""

from collections.abc import Iterable
from dataclasses import dataclass

from csirt.accounts.principals import Person
from csirt.kernel.errors import NotFound
from csirt.reference.playbooks import Playbook
from incidents.intake.words import said
from playbooks import queries
from playbooks.models import Edition, Lesson


@dataclass(frozen=True)
class Shown:
    """A lesson in words: ``about`` names the step, empty for the whole playbook."""

    row: Lesson
    title: str
    about: str


def shown(rows: Iterable[Lesson]) -> list[Shown]:
    """Return lessons in words, by the version in force now."""
    known: dict[str, Playbook | None] = {}
    found = []
    for row in rows:
        if row.playbook not in known:
            try:
                known[row.playbook] = queries.in_force(row.playbook).playbook
            except NotFound:
                known[row.playbook] = None
        book = known[row.playbook]
        step = next((one for one in book.steps if one.id == row.step), None) if book else None
        title = said(book, "title") if book else row.playbook
        found.append(Shown(row, title, said(step, "title") if step else row.step))
    return found


def of_playbook(person: Person, playbook: str) -> list[Shown]:
    """Return the lessons for a playbook that wait to be taken up, of cases that *person* sees."""
    rows = queries.lessons(person).filter(playbook=playbook, state=Lesson.State.WAITING)
    return shown(rows.filter(edition=None))


def of_edition(person: Person, edition: Edition) -> list[Shown]:
    """Return the lessons that a version takes up, of cases that *person* sees."""
    return shown(queries.lessons(person).filter(edition=edition))
