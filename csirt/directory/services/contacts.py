"""People to reach at an organisation, and whether each of their channels can be trusted."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.directory import checks, kinds
from csirt.directory.models import Contact
from csirt.directory.services.rights import check_version, worked_organisation
from csirt.journal import change, record
from csirt.kernel.errors import Invalid, NotFound

_TRUST = ("phone_trust", "email_trust")


@dataclass(frozen=True)
class ContactFields:
    """What is known of somebody, as it was typed. The trusts are values of ``Contact.Trust``."""

    name: str = ""
    role: str = ""
    phone: str = ""
    email: str = ""
    phone_trust: str = Contact.Trust.GOOD.value
    email_trust: str = Contact.Trust.GOOD.value


@change
def add_contact(*, organisation: UUID, fields: ContactFields, by: Person, now: datetime) -> Contact:
    """Add somebody to reach. Raises ``NotFound``, ``NotAllowed``, ``Invalid`` naming the field."""
    of = worked_organisation(by, organisation, None)
    row = Contact.objects.create(organisation=of, **_checked(fields))
    record(kinds.CONTACT_ADDED, row, by=by, at=now, data={"organisation": str(of.uuid)})
    return row


@change
def edit_contact(
    *,
    organisation: UUID,
    contact: UUID,
    version: int,
    fields: ContactFields,
    by: Person,
    now: datetime,
) -> Contact:
    """Replace what is known of somebody; a channel's trust has an event of its own.

    Raises ``NotFound``, ``NotAllowed``, ``Conflict`` on another version, ``Invalid`` naming the
    field.
    """
    of = worked_organisation(by, organisation, None)
    row = Contact.objects.filter(organisation=of, uuid=contact).first()
    if row is None:
        raise NotFound
    check_version(row, version)
    values = _checked(fields)
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    if not changed:
        return row
    trusts = {name: [getattr(row, name), values[name]] for name in changed if name in _TRUST}
    others = [name for name in changed if name not in _TRUST]
    for name in changed:
        setattr(row, name, values[name])
    row.version += 1
    row.save()
    data = {"organisation": str(of.uuid)}
    if others:
        record(kinds.CONTACT_EDITED, row, by=by, at=now, data=data | {"fields": others})
    if trusts:
        record(kinds.TRUST_CHANGED, row, by=by, at=now, data=data | {"changes": trusts})
    return row


def _checked(fields: ContactFields) -> dict[str, str]:
    typed = asdict(fields)
    steps = {
        "name": lambda: checks.line("name", typed["name"], 120),
        "role": lambda: checks.line("role", typed["role"], 80),
        "phone": lambda: checks.phone("phone", typed["phone"]),
        "email": lambda: checks.email("email", typed["email"]),
        "phone_trust": lambda: checks.one_of(
            "phone_trust", typed["phone_trust"], Contact.Trust.values
        ),
        "email_trust": lambda: checks.one_of(
            "email_trust", typed["email_trust"], Contact.Trust.values
        ),
    }
    values = checks.together(steps)
    if not values["phone"] and not values["email"]:
        raise Invalid(
            "Il manque un moyen de joindre cette personne.",
            fields={"phone": "Donnez un téléphone ou une adresse e-mail."},
        )
    return values
