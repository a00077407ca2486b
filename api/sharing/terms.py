"""The terms of sharing, which somebody of each partner accepts before its programs read anything.

A new version is a new date here, with its words in ``sharing/terms.html``: until it is accepted, no
object is read.
"""

from datetime import datetime
from uuid import UUID

from api.models import Partner, PartnerPerson
from api.sharing import kinds
from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, NotFound

VERSION = "2026-11"


@change
def accept_terms(*, partner: UUID, version: str, by: Person, now: datetime) -> Partner:
    """Accept the terms for a partner: somebody of theirs, or a keeper who holds their word.

    Raises ``NotFound`` for anybody else, ``Conflict`` when *version* is not the one in force.
    """
    row = Partner.objects.select_for_update().filter(uuid=partner).first()
    keeper = by.role in {Role.LEAD, Role.ADMIN}
    theirs = PartnerPerson.objects.filter(partner__uuid=partner, user=by.user_id)
    if row is None or not (keeper or (by.role == Role.PARTNER and theirs.exists())):
        raise NotFound
    if version != VERSION:
        raise Conflict("Ces conditions ont changé. Relisez-les, puis acceptez.", code="terms")
    if row.terms != VERSION:
        row.terms, row.terms_at = VERSION, now
        row.terms_by = User.objects.get(pk=by.user_id)
        row.save(update_fields=["terms", "terms_at", "terms_by"])
        data = {"identifier": row.identifier, "terms": VERSION}
        record(kinds.TERMS_ACCEPTED, row, by=by, at=now, data=data)
    return row
