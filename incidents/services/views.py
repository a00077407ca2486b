"""Views of the queue under a name of one's own: kept, and let go of."""

from datetime import datetime
from uuid import UUID

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.kernel.errors import Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean_line
from incidents import kinds
from incidents.models import SavedView

MOST = 12  # each has a counter on the queue's page
LONGEST_NAME = 40
LONGEST_ADDRESS = 1000


@change
def keep_view(*, by: Person, name: str, address: str, now: datetime) -> SavedView:
    """Keep an *address* of the queue under *name*; under a name that is there, in its place.

    Raises ``NotAllowed`` for who sees no case, ``Invalid`` without a name, for too long an address or
    beyond ``MOST``.
    """
    if not by.sees_cases:
        raise NotAllowed
    name = clean_line(name)
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(
            "Donnez un nom court à cette vue.",
            fields={"name": "Donnez un nom de 40 lettres au plus."},
        )
    if len(address) > LONGEST_ADDRESS:
        raise Invalid("Ces filtres sont trop longs pour être gardés. Raccourcissez-en un.")
    User.locked(by.uuid)  # two tabs count together
    known = SavedView.objects.filter(user=by.user_id)
    if not known.filter(name=name).exists() and known.count() >= MOST:
        raise Invalid(
            "Vous avez déjà douze vues. Effacez-en une d'abord.",
            code="too-many",
            fields={"name": "Effacez d'abord une vue."},
        )
    view, _new = SavedView.objects.update_or_create(
        user_id=by.user_id, name=name, defaults={"address": address, "kept_at": now}
    )
    record(kinds.VIEW_KEPT, view, by=by, at=now)
    return view


@change
def forget_view(*, by: Person, view: UUID, now: datetime) -> None:
    """Let go of one of one's own views; raises ``NotFound`` for any other."""
    row = SavedView.objects.filter(user=by.user_id, uuid=view).first()
    if row is None:
        raise NotFound
    record(kinds.VIEW_FORGOTTEN, row, by=by, at=now)
    SavedView.objects.filter(pk=row.pk).delete()
