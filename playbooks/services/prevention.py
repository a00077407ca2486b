"""Writes of what a body did before an attack: by the desk, and by the service that counsels it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.directory.models import Organisation
from csirt.directory.queries import visible_organisations
from csirt.journal import Kind, change, record
from csirt.kernel import codes
from csirt.kernel.errors import Invalid, NotFound
from incidents.domain.moments import PARIS
from playbooks import kinds
from playbooks.models import Prevention

MOST = 1_000_000  # people
FIRST_YEAR = 2000


@dataclass(frozen=True)
class Told:
    """What was done. Numbers are of people; the last two of a phishing test alone."""

    kind: str
    on: date
    people: int | None = None
    clicked: int | None = None
    reported: int | None = None


@change
def note(
    *, organisation: UUID, by: Person, told: Told, now: datetime, token: str = ""
) -> Prevention:
    """Keep one line of a body that *by* sees; the same form twice is one.

    Raises ``NotFound``, or ``Invalid`` for a day to come, or for numbers that cannot be.
    """
    body = _seen(by, organisation)
    wrong = _wrong(told, now)
    if wrong:
        raise Invalid(fields=wrong)
    row, made = Prevention.objects.get_or_create(
        uuid=codes.once(token, organisation, told),
        defaults={
            "organisation": body,
            "kind": told.kind,
            "on": told.on,
            "people": told.people,
            "clicked": told.clicked,
            "reported": told.reported,
            "by_id": by.user_id,
            "at": now,
        },
    )
    if made:
        _record(kinds.PREVENTION_NOTED, row, by, now)
    return row


@change
def remove(*, organisation: UUID, work: UUID, by: Person, now: datetime) -> None:
    """Take a line away that was noted by mistake; raises ``NotFound``."""
    rows = Prevention.objects.filter(organisation=_seen(by, organisation), uuid=work)
    row = rows.select_related("organisation").first()
    if row is None:
        raise NotFound
    _record(kinds.PREVENTION_REMOVED, row, by, now)
    rows.delete()


def _seen(by: Person, organisation: UUID) -> Organisation:
    found = visible_organisations(by).filter(uuid=organisation).first()
    if found is None:
        raise NotFound
    return found


def _wrong(told: Told, now: datetime) -> dict[str, str]:
    wrong = {}
    if told.kind not in Prevention.Kind.values:
        wrong["kind"] = "Choisissez ce qui a été fait."
    if not told.on.year >= FIRST_YEAR or told.on > now.astimezone(PARIS).date():
        wrong["on"] = "Donnez le jour où cela a eu lieu : ni demain, ni avant 2000."
    numbers = {"people": told.people, "clicked": told.clicked, "reported": told.reported}
    for name, number in numbers.items():
        if number is not None and not 0 <= number <= MOST:
            wrong[name] = "Donnez un nombre de personnes."
    if told.kind != Prevention.Kind.PHISHING and (told.clicked, told.reported) != (None, None):
        wrong["clicked"] = "Ces nombres sont ceux d'un essai d'hameçonnage."
    for name in ("clicked", "reported"):
        number = numbers[name]
        if number is not None and name not in wrong and number > (told.people or 0):
            wrong[name] = "Ils ne peuvent pas être plus nombreux que les destinataires."
    return wrong


def _record(kind: Kind, row: Prevention, by: Person, now: datetime) -> None:
    data = {"organisation": str(row.organisation.uuid), "work": row.kind}
    record(kind, row, by=by, at=now, data=data)
