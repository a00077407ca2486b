"""Previews: the exact text that would leave, asked for here, made by a job, read and approved.

A preview is a draft: it shares nothing.
"""

import hashlib
from collections.abc import Collection as Many
from datetime import datetime
from uuid import UUID

from api.models import Collection, Preview
from api.sharing import rules
from api.sharing.facts import refuse_unless_releasable
from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.journal import change
from csirt.kernel.errors import Invalid, NotAllowed
from csirt.kernel.tlp import Tlp
from incidents.models import Incident
from incidents.services.loading import worked_case


@change
def request_preview(
    *, incident: UUID, by: Person, collections: Many[UUID], now: datetime
) -> Preview:
    """Ask for the text that would leave to *collections*; a job makes it.

    Raises ``NotFound``, ``NotAllowed`` (RED, restricted, a collection that may not hold this TLP),
    ``Conflict`` when the case is not qualified, ``Invalid`` for an unknown collection.
    """
    from api.sharing.tasks import build_preview

    case = worked_case(by, incident, None)
    refuse_unless_releasable(case)
    found = list(Collection.objects.filter(uuid__in=collections, inbox_of=None))
    if not found or len(found) != len(set(collections)):
        raise Invalid(
            "Choisissez au moins une collection.",
            fields={"collections": "Choisissez dans la liste."},
        )
    refuse_unless_they_may(case, found)
    preview = Preview.objects.create(
        incident=case, requested_by=User.objects.get(pk=by.user_id), created_at=now
    )
    preview.collections.set(found)
    build_preview.enqueue(str(preview.uuid))
    return preview


def refuse_unless_they_may(case: Incident, collections: Many[Collection]) -> None:
    """Raise ``NotAllowed`` when one of *collections* may not hold the case's TLP."""
    for collection in collections:
        if not rules.may_enter(
            Tlp(case.tlp), audience=collection.audience, ceiling=Tlp(collection.tlp)
        ):
            raise NotAllowed(
                "La collection « %(title)s » ne peut pas recevoir du %(tlp)s.",
                title=collection.title,
                tlp=Tlp(case.tlp).label,
            )


def revoked_since(preview: Preview) -> bool:
    """Tell whether something of the case was revoked after *preview* was asked for.

    Both rows are made under the case's lock, so that their keys have the order of time.
    """
    return Preview.objects.filter(
        incident=preview.incident_id, purpose=Preview.Purpose.REVOCATION, pk__gt=preview.pk
    ).exists()


def sha256_of(text: str) -> str:
    """Return the SHA-256 that an approval names: of the text's UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
