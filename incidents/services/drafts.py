"""Unsent answers, kept on the server for the device that holds their secret.

Seen by nobody at the desk and not journalled. A draft lives 24 hours after its last change and ends
in the same transaction that files it.
"""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction

from csirt.accounts.principals import Anonymous
from csirt.kernel import codes
from incidents.models import Draft
from incidents.services.filing import Filed, Submission, file_report

LIFETIME = timedelta(hours=24)


def digest(secret: str) -> str:
    """Return what is stored of a device's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find(secret: str, now: datetime) -> Draft | None:
    """Return the draft of this secret, None when there is none or its time is over."""
    return Draft.objects.filter(digest=digest(secret), expires_at__gt=now).first()


@transaction.atomic
def keep(
    *,
    secret: str,
    answers: Mapping[str, object],
    gone: Collection[str] = (),
    language: str,
    now: datetime,
    token: str = "",
) -> Draft:
    """Add *answers* to the draft of *secret* and drop those of *gone*; begin one when there is none.

    Two pages saved in the same moment both stay. *token* is the form's token of a new draft.
    """
    key = digest(secret)
    if not Draft.objects.filter(digest=key, expires_at__gt=now).exists():
        forget_expired(now=now)
        Draft.objects.get_or_create(
            digest=key,
            defaults={
                "token": token or codes.new_token(),
                "created_at": now,
                "expires_at": now + LIFETIME,
            },
        )
    draft = Draft.objects.select_for_update().get(digest=key)
    kept = {name: answer for name, answer in draft.answers.items() if name not in gone}
    draft.answers = {**kept, **answers}
    draft.language, draft.expires_at = language, now + LIFETIME
    draft.save()
    return draft


def send(*, token: str, submission: Submission, secret: str, now: datetime) -> Filed:
    """File a report and end the draft it came from, at once. Raises what ``file_report`` raises."""
    key = digest(secret)
    filed = file_report(token=token, submission=submission, now=now, by=Anonymous(), draft=key)
    if filed.again:  # it ended then, unless another one was begun since
        Draft.objects.filter(digest=key, token=token).delete()
    return filed


def forget(*, secret: str) -> None:
    """Delete the draft of this secret: the person wants nothing kept."""
    Draft.objects.filter(digest=digest(secret)).delete()


def forget_expired(*, now: datetime) -> int:
    """Delete what nobody sent in time; return how many. Called by ``tend`` too."""
    return Draft.objects.filter(expires_at__lte=now).delete()[0]
