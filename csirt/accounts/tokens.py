"""Personal tokens: a program of somebody's speaks for them, with part of their rights as they are now.

Shown once as ``occp_<prefix>_<secret>``, kept as a digest, and over after a year at the latest.
"""

import hmac
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from csirt.accounts import factors, kinds, services
from csirt.accounts.models import PersonalToken, User
from csirt.accounts.roles import SEES_CASES
from csirt.accounts.second_factor import needed, optional
from csirt.journal import change, record
from csirt.kernel import tokens
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean_line

WORD = "occp"
SCOPES = {
    "cases:read": _("Lire les dossiers"),
    "cases:write": _("Modifier les dossiers"),
    "reports:read": _("Lire les signalements"),
    "reports:write": _("Déposer des signalements"),
}
DAYS = {7: _("7 jours"), 30: _("30 jours"), 90: _("90 jours"), 365: _("un an")}
MOST = 20  # tokens of one person that are alive
_IN_THE_LIST = "Choisissez une valeur de la liste."


def may_have(user: User) -> bool:
    """Tell whether this person's role reads anything that programs can ask for."""
    return user.role in SEES_CASES


def alive(at: datetime) -> Q:
    """Return the condition that a token has not ended."""
    return Q(revoked_at=None, expires_at__gt=at)


@change
def issue(
    *, user: User, label: str, scopes: Collection[str], days: int, now: datetime
) -> tuple[PersonalToken, str]:
    """Return a token of *user*'s own and its text, which is kept nowhere.

    Raises ``NotAllowed`` for a role that sees no case, ``Conflict`` beyond ``MOST``, ``Invalid``.
    """
    row = User.locked(user.uuid)
    if not may_have(row) or not row.is_active:
        raise NotAllowed
    label = clean_line(label)[:80]
    wrong = {}
    if not label:
        wrong["label"] = "Dites à quoi il sert."
    if not scopes or not set(scopes) <= set(SCOPES):
        wrong["scopes"] = _IN_THE_LIST
    if days not in DAYS:
        wrong["days"] = _IN_THE_LIST
    if wrong:
        raise Invalid(fields=wrong)
    if row.tokens.filter(alive(now)).count() >= MOST:
        raise Conflict("Vous avez déjà vingt jetons. Révoquez-en un d'abord.")
    text, prefix, digest = tokens.new(WORD)
    token = PersonalToken.objects.create(
        user=row,
        prefix=prefix,
        digest=digest,
        label=label,
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    data = {
        "prefix": prefix,
        "scopes": token.scopes,
        "expires": token.expires_at.date().isoformat(),
        "person": str(row.uuid),
    }
    record(kinds.TOKEN_ISSUED, token, by=row, at=now, data=data)
    return token, text


@change
def revoke(*, user: User, token: UUID, now: datetime) -> None:
    """End one of one's own tokens: the next request is refused. Raises ``NotFound``."""
    row = PersonalToken.objects.select_for_update().filter(uuid=token, user=user).first()
    if row is None:
        raise NotFound
    services.end_token(row, by=user, now=now)


def owner(text: str, *, now: datetime, host: str = "") -> PersonalToken | None:
    """Return the token that *text* is, with its person; None for any reason it opens nothing.

    Unknown, wrong, over, revoked; the account closed, of a role that sees no case any more, or
    without the second factor that its role needs at this *host*, the Host header of the request.
    """
    claimed = tokens.read(WORD, text)
    if claimed is None:
        return None
    prefix, digest = claimed
    row = PersonalToken.objects.select_related("user").filter(prefix=prefix).first()
    same = hmac.compare_digest(digest, row.digest if row else tokens.NOBODY)
    if row is None or not same or row.revoked_at is not None or row.expires_at <= now:
        return None
    user = row.user
    if not user.is_active or not may_have(user):
        return None
    proved = not needed(user) or factors.enrolled(user) or optional(host)
    return row if proved else None


def note_use(token: PersonalToken, *, now: datetime) -> None:
    """Keep the minute of the last use; the first of a day is an event."""
    minute = now.replace(second=0, microsecond=0)
    before = token.last_used_at
    if before is not None and before >= minute:
        return
    PersonalToken.objects.filter(pk=token.pk).update(last_used_at=minute)
    if before is None or before.date() < minute.date():
        _first_use(token=token, now=now)


@change
def _first_use(*, token: PersonalToken, now: datetime) -> None:
    record(kinds.TOKEN_USED, token, by=token.user, at=now, data={"prefix": token.prefix})
