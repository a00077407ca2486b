"""Who answers for the desk and when: the roster, kept by leads and admins."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK, Role
from csirt.journal import change, record
from csirt.kernel.errors import Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean_line
from incidents import kinds_team as kinds
from incidents.models import Duty

LONGEST = timedelta(days=14)  # of one duty
MOST_WEEKS = 26  # that one form may fill in


def may_edit(by: Person) -> bool:
    """Tell whether *by* keeps the roster."""
    return by.role in {Role.LEAD, Role.ADMIN}


def on_duty(at: Any) -> QuerySet[Duty]:
    """Return who is on duty at that moment, first who began first; people who left are not.

    *at*: a moment, or an expression of one.
    """
    rows = Duty.objects.filter(
        begins_at__lte=at, ends_at__gt=at, user__is_active=True, user__role__in=DESK
    )
    return rows.select_related("user").order_by("begins_at", "pk")


def coming(at: datetime) -> QuerySet[Duty]:
    """Return the duties that are not over, the next first."""
    return Duty.objects.filter(ends_at__gt=at).select_related("user").order_by("begins_at", "pk")


@change
def add(
    *, by: Person, user: UUID, begins: datetime, ends: datetime, phone: str, weeks: int, now: datetime
) -> list[Duty]:  # fmt: skip
    """Put somebody of the desk on the roster, the same hours for *weeks* weeks.

    Raises ``NotAllowed`` for who is neither lead nor admin, ``Invalid`` naming the field.
    """
    if not may_edit(by):
        raise NotAllowed("Seul un responsable ou l'administration tient le tableau d'astreinte.")
    person = User.objects.filter(uuid=user, is_active=True, role__in=DESK).first()
    if person is None:
        raise Invalid(
            "Cette personne n'est pas de l'équipe.",
            fields={"user": "Choisissez quelqu'un de la liste."},
        )
    if not begins < ends <= begins + LONGEST:
        raise Invalid(
            "Ces heures ne conviennent pas.",
            fields={"ends": "La fin vient après le début, deux semaines plus tard au plus."},
        )
    if ends <= now:
        raise Invalid("Cette astreinte est déjà finie.", fields={"ends": "Donnez une fin à venir."})
    if not 1 <= weeks <= MOST_WEEKS:
        raise Invalid(
            "Ce nombre de semaines ne convient pas.", fields={"weeks": "De 1 à 26 semaines."}
        )
    phone = clean_line(phone)[:40]
    rows = []
    for week in range(weeks):
        later = timedelta(weeks=week)  # of the wall clock: the hours stay over a change of clocks
        row = Duty.objects.create(
            user=person, phone=phone, begins_at=begins + later, ends_at=ends + later
        )
        record(kinds.DUTY_ADDED, row, by=by, at=now, data=_data(row))
        rows.append(row)
    return rows


@change
def remove(*, duty: UUID, by: Person, now: datetime) -> None:
    """Take a duty off the roster. Raises ``NotAllowed``, ``NotFound``."""
    if not may_edit(by):
        raise NotAllowed("Seul un responsable ou l'administration tient le tableau d'astreinte.")
    row = Duty.objects.select_for_update(of=("self",)).filter(uuid=duty).first()
    if row is None:
        raise NotFound
    record(kinds.DUTY_REMOVED, row, by=by, at=now, data=_data(row))
    row.delete()


def _data(row: Duty) -> dict[str, str]:
    return {
        "user": str(row.user.uuid),
        "begins": row.begins_at.isoformat(timespec="minutes"),
        "ends": row.ends_at.isoformat(timespec="minutes"),
    }
