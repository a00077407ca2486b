"""The review of a case that is over: what is learnt, what is left to do, by whom and until when."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.journal import Kind, change, record
from csirt.kernel import codes
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.kernel.text import clean_line
from incidents import kinds
from incidents.domain.lifecycle import State
from incidents.domain.moments import PARIS
from incidents.models import Incident, Review, ReviewAction
from incidents.services.loading import optional_text, worked_case

OVER = frozenset({State.REVIEW, State.CLOSED})
MOST_HOURS, MOST_EUROS = Decimal(99_999), 999_999_999
MOST_KEPT = 500  # lines of the timeline on the sheet
MOST_ACTIONS = 100
FARTHEST = timedelta(days=5 * 366)
LONGEST_ACTION, LONGEST_OWNER = 300, 120
Number = TypeVar("Number", Decimal | None, int | None)


@dataclass(frozen=True)
class Told:
    """What a review says. ``kept``: keys of lines of the timeline, for the sheet."""

    cause: str = ""
    cause_words: str = ""
    worked: str = ""
    failed: str = ""
    hours: Decimal | None = None
    euros: int | None = None
    kept: Collection[str] = ()


@change
def write(*, incident: UUID, version: int, by: Person, told: Told, now: datetime) -> Review:
    """Keep the review of a case that is resolved or closed; *version* of it, 0 while there is none.

    The same words twice are one. Raises ``NotFound``, ``NotAllowed``, ``Invalid``, and ``Conflict`` when
    somebody wrote others since *version* or the case goes on.
    """
    case = _over(by, incident)
    row = Review.objects.filter(incident=case).first() or Review(incident=case, version=0)
    fresh = {
        "cause": _cause(told.cause, row.cause),
        "cause_words": optional_text(told.cause_words, "cause_words"),
        "worked": optional_text(told.worked, "worked"),
        "failed": optional_text(told.failed, "failed"),
        "hours": _within(told.hours, "hours", MOST_HOURS),
        "euros": _within(told.euros, "euros", MOST_EUROS),
        "kept": sorted(set(told.kept))[:MOST_KEPT],
    }
    changed = [name for name, value in fresh.items() if getattr(row, name) != value]
    if row.pk is not None and not changed:
        return row
    if row.version != version:
        raise Conflict(
            "Quelqu'un vient d'écrire ce retour d'expérience. Relisez-le, puis recommencez.",
            code="changed",
            state=case.state,
        )
    for name, value in fresh.items():
        setattr(row, name, value)
    row.written_by, row.written_at = User.objects.get(pk=by.user_id), now
    row.version += 1
    row.save()
    data = {"cause": row.cause, "fields": changed}
    record(kinds.REVIEWED, row, by=by, at=now, data=data)
    return row


@change
def add_action(
    *,
    incident: UUID,
    by: Person,
    text: str,
    owner: str,
    due_on: date | None,
    now: datetime,
    token: str = "",
) -> ReviewAction:
    """Note one thing to do after a case; the same form twice is one. Raises as ``write``."""
    case = _over(by, incident)
    key = codes.once(token, incident, text, owner, due_on)
    if known := case.review_actions.filter(uuid=key).first():
        return known
    if case.review_actions.count() >= MOST_ACTIONS:
        raise Invalid("Il y a déjà cent actions.", fields={"text": "Retirez-en une d'abord."})
    told = {"text": clean_line(text), "owner": clean_line(owner)}
    wrong = _lacking(told)
    today = now.astimezone(PARIS).date()
    if due_on is None or not today - FARTHEST <= due_on <= today + FARTHEST:
        wrong["due_on"] = "Donnez un jour, dans les cinq ans."
    if wrong or due_on is None:
        raise Invalid(fields=wrong)
    row = ReviewAction.objects.create(
        uuid=key, incident=case, text=told["text"], owner=told["owner"], due_on=due_on
    )
    _record(kinds.ACTION_ADDED, row, by, now)
    return row


@change
def settle_action(
    *, incident: UUID, action: UUID, by: Person, done: bool, now: datetime
) -> ReviewAction:
    """Say that an action is done, or not after all. Also while the case goes on. Raises as ``write``."""
    row = _action(worked_case(by, incident, None), action)
    if (row.done_at is not None) != done:
        row.done_at = now if done else None
        row.save(update_fields=["done_at"])
        _record(kinds.ACTION_DONE if done else kinds.ACTION_REOPENED, row, by, now)
    return row


@change
def remove_action(*, incident: UUID, action: UUID, by: Person, now: datetime) -> None:
    """Take an action away that was noted by mistake. Raises as ``write``."""
    row = _action(worked_case(by, incident, None), action)
    _record(kinds.ACTION_REMOVED, row, by, now)
    ReviewAction.objects.filter(pk=row.pk).delete()


def _over(by: Person, incident: UUID) -> Incident:
    case = worked_case(by, incident, None)
    if case.state not in OVER:
        raise Conflict(
            "Ce dossier est en cours : résolvez-le d'abord.", code="wrong-state", state=case.state
        )
    return case


def _action(case: Incident, action: UUID) -> ReviewAction:
    row = ReviewAction.objects.filter(incident=case, uuid=action).first()
    if row is None:
        raise NotFound
    return row


def _cause(cause: str, before: str) -> str:
    if cause and cause != before and cause not in reference.current().causes:
        raise Invalid(
            "Une valeur n'est pas dans sa liste.",
            fields={"cause": "Choisissez une valeur de la liste."},
        )
    return cause


def _within(value: Number, field: str, most: Decimal | int) -> Number:
    if value is not None and not 0 <= value <= most:
        raise Invalid("Ce nombre ne convient pas.", fields={field: "Donnez un nombre positif."})
    return value


def _lacking(told: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with the two texts of an action, by field."""
    longest = {"text": LONGEST_ACTION, "owner": LONGEST_OWNER}
    wrong = {name: "Écrivez quelques mots." for name, text in told.items() if not text}
    return wrong | {
        name: "Raccourcissez ce texte." for name, text in told.items() if len(text) > longest[name]
    }


def _record(kind: Kind, row: ReviewAction, by: Person, now: datetime) -> None:
    data = {"action": str(row.uuid), "due": row.due_on.isoformat()}
    record(kind, row, by=by, at=now, data=data)
