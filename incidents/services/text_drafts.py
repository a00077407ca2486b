"""What somebody of the desk has typed and not sent: kept for them alone, never journalled."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from csirt.accounts.principals import Person
from csirt.kernel.errors import Invalid
from csirt.kernel.text import clean
from csirt.prepared import Given, prepared
from incidents.models import Incident, TextDraft
from incidents.queries import get
from incidents.services.loading import LONGEST_TEXT

LASTS = timedelta(days=30)  # after it was last saved
TO_VICTIM = "message-text"  # the field of a message
MOST = 40  # of one person for one case


@transaction.atomic
def keep(*, incident: UUID, by: Person, field: str, text: str, now: datetime) -> TextDraft | None:
    """Keep *text* for the field of that name; an empty one is forgotten, and None returned.

    Raises ``NotFound``, ``Invalid`` for what is too long to be sent, or one draft too many.
    """
    case = get(by, incident)
    text = clean(text)
    mine = TextDraft.objects.filter(incident=case, user=by.user_id)
    if not text.strip() or case.erased_at is not None:
        mine.filter(field=field).delete()
        return None
    if len(text) > LONGEST_TEXT:
        raise Invalid("Ce texte est trop long.", code="too-long")
    if mine.exclude(field=field).count() >= MOST:
        raise Invalid("Vous avez déjà trop de brouillons sur ce dossier.", code="too-many")
    row, _created = TextDraft.objects.update_or_create(
        incident=case, user_id=by.user_id, field=field, defaults={"text": text, "saved_at": now}
    )
    return row


def of(case: Incident, by: Person) -> dict[str, TextDraft]:
    """Return one's own drafts on a case already seen, by field."""
    return {row.field: row for row in _of()(case=case.pk, user=by.user_id)}


@prepared
def _of() -> QuerySet[TextDraft]:
    return TextDraft.objects.filter(incident=Given("case"), user=Given("user"))


def forget(*, incident: UUID, by: Person, fields: Collection[str]) -> None:
    """Delete one's drafts of *fields*: they were sent.

    A database that fails here says nothing: what was sent is kept, and the draft goes by its age.
    """
    with suppress(DatabaseError):
        TextDraft.objects.filter(
            incident__uuid=incident, user=by.user_id, field__in=list(fields)
        ).delete()


def forget_old(*, now: datetime) -> int:
    """Delete what nobody came back to in 30 days; returns how many. Called by ``tend``."""
    return TextDraft.objects.filter(saved_at__lt=now - LASTS).delete()[0]
