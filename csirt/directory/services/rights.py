"""Who may write in the directory, and how a row is held."""

from uuid import UUID

from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory.models import Contact, Operator, Organisation
from csirt.directory.queries import visible_operators, visible_organisations
from csirt.kernel.errors import Conflict, NotAllowed, NotFound

_Row = Organisation | Contact | Operator


def worked_organisation(by: Person, uuid: UUID, version: int | None) -> Organisation:
    """Return the locked organisation that *by* may change.

    Raises ``NotFound`` when hidden or absent, ``NotAllowed`` for who may only look, ``Conflict``
    when somebody changed it since *version*.
    """
    rows = visible_organisations(by).select_for_update(of=("self",), no_key=True)
    row = rows.filter(uuid=uuid).first()
    if row is None:
        raise NotFound
    if not by.works_cases:
        raise NotAllowed
    check_version(row, version)
    return row


def led_operator(by: Person, uuid: UUID, version: int | None) -> Operator:
    """Return the locked operator that the lead *by* may change; raises as above."""
    row = (
        visible_operators(by).select_for_update(of=("self",), no_key=True).filter(uuid=uuid).first()
    )
    if row is None:
        raise NotFound
    require_lead(by)
    check_version(row, version)
    return row


def require_lead(by: Person) -> None:
    """Let a lead through: an agreement shows cases to people outside the desk."""
    if by.role != Role.LEAD:
        raise NotAllowed("Seul un responsable peut changer qui voit les dossiers.")


def check_version(row: _Row, version: int | None) -> None:
    """Raise ``Conflict`` when *row* has changed since *version*."""
    if version is not None and row.version != version:
        raise Conflict("Quelqu'un vient de modifier cette fiche. Relisez-la, puis recommencez.")
