"""Unsent answers, kept on the server for the device that holds their secret.

Seen by nobody at the desk and not journalled. A draft lives 24 hours after its last change and ends
in the same transaction that files it.

One device holds a draft. It goes to another by a link's secret or by a short code; either serves
once, and the device before loses it: who sends somebody the link of a draft of their own reads
nothing of what is answered then.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from csirt.accounts.principals import Anonymous
from csirt.kernel import codes
from incidents.models import Draft, DraftKey
from incidents.services.filing import Filed, Submission, file_report

LIFETIME = timedelta(hours=24)
SHORT_LIFETIME = timedelta(minutes=15)
SHORT_SYMBOLS = 8
_LINK = re.compile(r"(?:.*#)?([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class Ways:
    """How a draft gets to another device; known in this answer only."""

    secret: str
    short: str  # in two groups of four
    short_until: datetime


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


@transaction.atomic
def hand_over(*, secret: str, now: datetime) -> Ways | None:
    """Return a new link's secret and short code for the draft of *secret*; older ones end.

    None when there is no draft.
    """
    draft = Draft.objects.select_for_update().filter(digest=digest(secret)).first()
    if draft is None or draft.expires_at <= now:
        return None
    ways = Ways(
        secrets.token_urlsafe(32),
        "".join(secrets.choice(codes.ALPHABET) for _ in range(SHORT_SYMBOLS)),
        now + SHORT_LIFETIME,
    )
    draft.keys.all().delete()
    DraftKey.objects.create(draft=draft, digest=_keyed(ways.secret), until=draft.expires_at)
    DraftKey.objects.create(draft=draft, digest=_keyed(ways.short), until=ways.short_until)
    return Ways(ways.secret, codes.grouped(ways.short), ways.short_until)


@transaction.atomic
def take_over(*, text: str, secret: str, now: datetime) -> Draft | None:
    """Give the draft that *text* opens (a link, its secret, a short code) to the device of *secret*.

    Every way to it ends, and the device before holds it no more, nor the token that the code will be
    made from. None when *text* opens nothing.
    """
    key = _key_of(text)
    row = DraftKey.objects.filter(digest=_keyed(key), until__gt=now).first() if key else None
    if row is None:
        return None
    draft = Draft.objects.select_for_update().filter(pk=row.draft_id, expires_at__gt=now).first()
    if draft is None or not DraftKey.objects.filter(pk=row.pk).delete()[0]:
        return None  # sent, or taken by somebody else in the same moment
    draft.keys.all().delete()
    draft.digest, draft.token = digest(secret), codes.new_token()
    draft.save(update_fields=["digest", "token"])
    return draft


def _key_of(text: str) -> str:
    """Return the secret or the short code in what somebody pasted or typed, empty when none is."""
    text = text.strip()
    if match := _LINK.fullmatch(text[-2048:]):
        return match[1]
    short = codes.symbols(text[:40])
    return short if len(short) == SHORT_SYMBOLS and set(short) <= set(codes.ALPHABET) else ""


def _keyed(key: str) -> str:
    """Return what is stored of a key: a short code could be found from a plain hash."""
    return hmac.new(settings.CODE_KEY, b"draft|" + key.encode(), hashlib.sha256).hexdigest()


def send(
    *, token: str, submission: Submission, secret: str, now: datetime, flood: bool = False
) -> Filed:
    """File a report and end the draft it came from, at once. Raises what ``file_report`` raises."""
    key = digest(secret)
    filed = file_report(
        token=token, submission=submission, now=now, by=Anonymous(), draft=key, flood=flood
    )
    if filed.again:  # it ended then, unless another one was begun since
        Draft.objects.filter(digest=key, token=token).delete()
    return filed


def forget(*, secret: str) -> None:
    """Delete the draft of this secret: the person wants nothing kept."""
    Draft.objects.filter(digest=digest(secret)).delete()


def forget_expired(*, now: datetime) -> int:
    """Delete what nobody sent in time; return how many. Called by ``tend`` too."""
    return Draft.objects.filter(expires_at__lte=now).delete()[0]
