"""Shared IT services: who works there, and which organisations agreed that they see their cases and kits.

Only a lead writes here: each of these acts opens or closes cases to people outside the desk. It is
effective at once, since every read of a case asks for the agreement.
"""

from datetime import datetime
from uuid import UUID

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory import checks, kinds
from csirt.directory.models import Operator, OperatorAgreement, OperatorMember, Organisation
from csirt.directory.queries import visible_organisations
from csirt.directory.services.rights import led_operator, require_lead
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound


@change
def create_operator(
    *, name: str, by: Person, now: datetime, email: str = "", phone: str = ""
) -> Operator:
    """Make a shared IT service known. Raises ``NotAllowed``, ``Invalid`` naming the field."""
    if not by.works_cases:
        raise NotAllowed
    require_lead(by)
    row = Operator.objects.create(**_checked(name, email, phone, None))
    record(kinds.OPERATOR_CREATED, row, by=by, at=now)
    return row


@change
def edit_operator(
    *, operator: UUID, version: int, name: str, email: str, phone: str, by: Person, now: datetime
) -> Operator:
    """Correct what is known of an operator; the same again changes nothing."""
    row = led_operator(by, operator, version)
    values = _checked(name, email, phone, row)
    changed = sorted(field for field, value in values.items() if getattr(row, field) != value)
    if not changed:
        return row
    for field in changed:
        setattr(row, field, values[field])
    _store(row)
    record(kinds.OPERATOR_EDITED, row, by=by, at=now, data={"fields": changed})
    return row


@change
def agree(*, organisation: UUID, operator: UUID, by: Person, now: datetime) -> OperatorAgreement:
    """Note that an organisation lets an operator see its cases and kits. Twice is once."""
    row = led_operator(by, operator, None)
    of = _organisation(by, organisation)
    agreed = OperatorAgreement.objects.filter(operator=row, organisation=of, ended_at=None).first()
    if agreed is not None:
        return agreed
    agreed = OperatorAgreement.objects.create(operator=row, organisation=of, agreed_at=now)
    _store(row)
    record(kinds.AGREED, row, by=by, at=now, data={"organisation": str(of.uuid)})
    return agreed


@change
def end(*, organisation: UUID, operator: UUID, by: Person, now: datetime) -> OperatorAgreement:
    """Close the organisation's cases and kits to the operator. Raises ``Conflict`` when they are already."""
    row = led_operator(by, operator, None)
    of = _organisation(by, organisation)
    agreed = OperatorAgreement.objects.filter(operator=row, organisation=of, ended_at=None).first()
    if agreed is None:
        raise Conflict("Cet accord est déjà terminé.")
    agreed.ended_at = now
    agreed.save()
    _store(row)
    record(kinds.ENDED, row, by=by, at=now, data={"organisation": str(of.uuid)})
    return agreed


@change
def add_member(*, operator: UUID, user: UUID, by: Person, now: datetime) -> Operator:
    """Let somebody with the role of an operator see what this one may see. Twice is once."""
    row = led_operator(by, operator, None)
    person = User.objects.filter(uuid=user, role=Role.OPERATOR, is_active=True).first()
    if person is None:
        raise Invalid(
            "Cette personne n'a pas le rôle qu'il faut.",
            fields={"user": "Choisissez quelqu'un de la liste."},
        )
    if not OperatorMember.objects.filter(operator=row, user=person).exists():
        OperatorMember.objects.create(operator=row, user=person)
        _store(row)
        record(kinds.MEMBER_ADDED, row, by=by, at=now, data={"user": str(person.uuid)})
    return row


@change
def remove_member(*, operator: UUID, user: UUID, by: Person, now: datetime) -> Operator:
    """Take an operator's view away from somebody. Raises ``NotFound`` for who is no member."""
    row = led_operator(by, operator, None)
    gone, _ = OperatorMember.objects.filter(operator=row, user__uuid=user).delete()
    if not gone:
        raise NotFound
    _store(row)
    record(kinds.MEMBER_REMOVED, row, by=by, at=now, data={"user": str(user)})
    return row


def _organisation(by: Person, uuid: UUID) -> Organisation:
    row = visible_organisations(by).filter(uuid=uuid).first()
    if row is None:
        raise NotFound
    return row


def _store(row: Operator) -> None:
    row.version += 1
    row.save()


def _checked(name: str, email: str, phone: str, row: Operator | None) -> dict[str, str]:
    values = checks.together(
        {
            "name": lambda: checks.line("name", name, 160, required=True),
            "email": lambda: checks.email("email", email),
            "phone": lambda: checks.phone("phone", phone),
        }
    )
    same = Operator.objects.filter(name=values["name"])
    if row is not None:
        same = same.exclude(pk=row.pk)
    if same.exists():
        raise Invalid("Un service porte déjà ce nom.", fields={"name": "Choisissez un autre nom."})
    return values
