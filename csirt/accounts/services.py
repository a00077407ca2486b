"""Every change of people's accounts. Only an admin changes somebody, and nobody their own rights."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db.models import Q, QuerySet

from csirt.accounts import kinds
from csirt.accounts.models import (
    Density,
    Invitation,
    Language,
    MailChoice,
    PersonalToken,
    Session,
    User,
)
from csirt.accounts.roles import Role
from csirt.journal import change, record
from csirt.journal.epoch import System
from csirt.kernel.errors import Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean_line

VALID = timedelta(hours=24)


@dataclass(frozen=True)
class Issued:
    """An invitation and its link's secret, which is kept nowhere."""

    invitation: Invitation
    secret: str


def digest_of(secret: str) -> str:
    """Return what is stored of a link's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def require_admin(by: User | System) -> None:
    """Lock the admins, in order, and see that *by* is still one of them."""
    admins = User.objects.select_for_update(no_key=True).filter(role=Role.ADMIN, is_active=True)
    if not isinstance(by, System) and by.pk not in [admin.pk for admin in admins.order_by("pk")]:
        raise NotAllowed


def require_other(by: User | System, user: User) -> None:
    """See that nobody changes their own rights."""
    if isinstance(by, User) and by.pk == user.pk:
        raise NotAllowed(
            "Personne ne change ses propres droits. Demandez à un autre administrateur."
        )


def _require_another_admin(user: User) -> None:
    others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=user.pk)
    if user.role == Role.ADMIN and user.is_active and not others.exists():
        raise NotAllowed("C'est le dernier administrateur actif. Nommez-en un autre d'abord.")


def _open(at: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(used_at=None, revoked_at=None, expires_at__gt=at)


def _revoke(wanted: Q, *, by: User | System, now: datetime) -> int:
    rows = list(_open(now).select_for_update().filter(wanted).order_by("pk"))
    for row in rows:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        data = {"role": row.role, "reset": row.user_id is not None}
        record(kinds.UNINVITED, row, by=by, at=now, data=data)
    return len(rows)


def _issue(
    *, email: str, name: str, role: str, user: User | None, by: User | System, now: datetime
) -> Issued:
    replaced = _revoke(Q(email=email), by=by, now=now)
    secret = secrets.token_urlsafe(32)
    row = Invitation.objects.create(
        email=email,
        name=name,
        role=role,
        user=user,
        digest=digest_of(secret),
        invited_by=by if isinstance(by, User) else None,
        created_at=now,
        expires_at=now + VALID,
    )
    data = {"role": role, "reset": user is not None, "replaced": replaced}
    record(kinds.INVITED, row, by=by, at=now, data=data)
    return Issued(row, secret)


@change
def invite(*, email: str, role: str, by: User | System, now: datetime, name: str = "") -> Issued:
    """Make a link that gives *email* an account, once, within 24 hours; older ones end.

    Raises ``NotAllowed`` unless *by* is an admin (or the command line), ``Invalid`` for an address
    that is wrong or has an account already.
    """
    require_admin(by)
    email = email.strip().lower()
    try:
        validate_email(email)
        MaxLengthValidator(254)(email)
    except ValidationError as error:
        sentence = "Cette adresse e-mail n'est pas complète."
        raise Invalid(sentence, fields={"email": sentence}) from error
    if role not in Role.values:
        raise Invalid("Choisissez un rôle.", fields={"role": "Choisissez un rôle."})
    if User.objects.filter(email=email).exists():
        sentence = "Cette adresse a déjà un compte."
        raise Invalid(sentence, fields={"email": sentence})
    name = clean_line(name)[:120]
    return _issue(email=email, name=name, role=role, user=None, by=by, now=now)


@change
def offer_new_password(*, user: UUID, by: User | System, now: datetime) -> Issued:
    """Make a link with which somebody who forgot their password chooses another."""
    require_admin(by)
    row = User.locked(user)
    require_other(by, row)
    if not row.is_active:
        raise NotAllowed("Ce compte est désactivé. Réactivez-le d'abord.")
    return _issue(email=row.email, name=row.name, role=row.role, user=row, by=by, now=now)


@change
def revoke_invitation(*, invitation: UUID, by: User, now: datetime) -> None:
    """End a link that has not been used. Raises ``NotFound`` when there is none."""
    require_admin(by)
    if not _revoke(Q(uuid=invitation), by=by, now=now):
        raise NotFound


def invitation_of(digest: str, *, now: datetime) -> Invitation:
    """Return the open invitation of a link; raises ``NotFound``, whatever is wrong with it."""
    row = _open(now).select_related("user").filter(digest=digest).first()
    if row is None or (row.user is not None and not row.user.is_active):
        raise NotFound
    return row


def accept(*, digest: str, name: str, password: str, now: datetime) -> User:
    """Use a link: make the account, or give an existing one its new password; its tokens end then.

    Raises ``NotFound`` when the link is over, ``Invalid`` for a name or password that cannot be
    taken.
    """
    row = invitation_of(digest, now=now)
    name = clean_line(name)[:120] or row.name
    if not name:
        raise Invalid(fields={"name": "Indiquez votre nom."})
    try:
        validate_password(password, User(email=row.email, name=name))
    except ValidationError as error:
        raise Invalid(fields={"password1": " ".join(error.messages)}) from error
    return _accept(digest, name, make_password(password), now)


@change
def _accept(digest: str, name: str, hashed: str, now: datetime) -> User:
    row = _open(now).select_for_update().filter(digest=digest).first()
    if row is None or (row.user_id is None and User.objects.filter(email=row.email).exists()):
        raise NotFound
    row.used_at = now
    row.save(update_fields=["used_at"])
    if row.user is not None:
        return _set_password(row.user.uuid, hashed, keep="", by_link=True, now=now)
    user = User(email=row.email, name=name, role=row.role, password=hashed)
    user.save(force_insert=True)
    data = {"role": user.role, "invitation": str(row.uuid)}
    record(kinds.JOINED, user, by=user, at=now, data=data)
    return user


@change
def join(*, email: str, name: str, now: datetime) -> User:
    """Make the account that *email* was invited to, for who came through the identity provider.

    The role is that of the invitation. Raises ``NotFound`` without an open one.
    """
    row = _open(now).select_for_update().filter(email=email, user=None).first()
    if row is None:
        raise NotFound
    row.used_at = now
    row.save(update_fields=["used_at"])
    user = User(email=row.email, name=row.name or name or row.email, role=row.role)
    user.set_unusable_password()
    user.save(force_insert=True)
    data = {"role": user.role, "invitation": str(row.uuid)}
    record(kinds.JOINED, user, by=user, at=now, data=data)
    return user


@change
def link_provider(*, user: User, provider: str, uid: str, now: datetime) -> None:
    """Keep under which name the identity provider knows somebody, once, whoever comes twice at once.

    Raises ``NotAllowed`` when that is another name than the one that is kept.
    """
    row = User.locked(user.uuid)
    known = SocialAccount.objects.filter(user=row).first()
    if known is not None and (known.provider, known.uid) != (provider, uid):
        raise NotAllowed
    if known is not None:
        return
    SocialAccount.objects.create(user=row, provider=provider, uid=uid, extra_data={})
    record(kinds.PROVIDER_LINKED, row, by=row, at=now, data={"provider": provider})


@change
def change_role(*, user: UUID, version: int, role: str, by: User | System, now: datetime) -> User:
    """Give somebody another role; their sessions and tokens end, and links they made or were sent.

    Raises ``NotAllowed`` unless *by* is an admin and somebody else, and for the last active admin.
    """
    require_admin(by)
    row = User.locked(user, version=version)
    require_other(by, row)
    if role not in Role.values:
        raise Invalid("Choisissez un rôle.", fields={"role": "Choisissez un rôle."})
    if role == row.role:
        return row
    _require_another_admin(row)
    data = {"old": row.role, "new": role}
    row.role = role
    row.store()
    _revoke(Q(user=row) | Q(invited_by=row), by=by, now=now)
    record(kinds.ROLE_CHANGED, row, by=by, at=now, data=data)
    end_sessions_of(row, why="role", by=by, now=now)
    end_tokens_of(row, by=by, now=now)
    return row


@change
def disable(*, user: UUID, version: int, by: User | System, now: datetime) -> User:
    """Close an account: its sessions and links end. Raises ``NotAllowed`` as ``change_role``."""
    require_admin(by)
    row = User.locked(user, version=version)
    require_other(by, row)
    _require_another_admin(row)
    if not row.is_active:
        return row
    row.is_active = False
    row.store()
    row.devices.all().delete()
    _revoke(Q(user=row) | Q(invited_by=row), by=by, now=now)
    record(kinds.DISABLED, row, by=by, at=now)
    end_sessions_of(row, why="disabled", by=by, now=now)
    end_tokens_of(row, by=by, now=now)
    return row


@change
def enable(*, user: UUID, version: int, by: User | System, now: datetime) -> User:
    """Open a closed account again, as it was."""
    require_admin(by)
    row = User.locked(user, version=version)
    require_other(by, row)
    if row.is_active:
        return row
    row.is_active = True
    row.store()
    record(kinds.ENABLED, row, by=by, at=now)
    return row


def change_password(
    *, user: User, password: str, keep: str, now: datetime, device: str = ""
) -> User:
    """Give *user* a password of their own choice; their other sessions end, *keep* goes on.

    Their browsers are forgotten too, all but *device* (its digest).
    """
    return _set_password(
        user.uuid, make_password(password), keep=keep, device=device, by_link=False, now=now
    )


@change
def _set_password(
    user: UUID, hashed: str, *, keep: str, by_link: bool, now: datetime, device: str = ""
) -> User:
    row = User.locked(user)
    row.password = hashed
    row.store()
    row.devices.exclude(digest=device).delete()
    _revoke(Q(user=row), by=row, now=now)
    record(kinds.PASSWORD_CHANGED, row, by=row, at=now, data={"by_link": by_link})
    end_sessions_of(row, why="password", by=row, now=now, keep=keep)
    if by_link:
        end_tokens_of(row, by=row, now=now)
    return row


def end_sessions_of(
    user: User, *, why: str, by: User | System, now: datetime, keep: str = ""
) -> None:
    """Delete the sessions, all but *keep*; every open socket of the person ends and may return."""
    count, _ = Session.objects.filter(user=user).exclude(session_key=keep).delete()
    record(kinds.SESSIONS_ENDED, user, by=by, at=now, data={"count": count, "why": why})


def end_tokens_of(user: User, *, by: User | System, now: datetime) -> None:
    """End every personal token of *user*: the next request of such a program is refused."""
    for token in user.tokens.select_for_update().filter(revoked_at=None, expires_at__gt=now):
        end_token(token, by=by, now=now)


def end_token(token: PersonalToken, *, by: User | System, now: datetime) -> None:
    """End one, inside of a change."""
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        record(kinds.TOKEN_REVOKED, token, by=by, at=now, data={"prefix": token.prefix})


@change
def end_sessions(*, user: User, keep: str, now: datetime) -> None:
    """End all of one's own sessions but *keep*."""
    end_sessions_of(User.locked(user.uuid), why="asked", by=user, now=now, keep=keep)


@change
def end_session(*, user: User, session: str, now: datetime) -> None:
    """End one of one's own sessions, by its name; its sockets end. Raises ``NotFound``."""
    row = User.locked(user.uuid)
    found = next((one for one in row.sessions.all() if one.name == session), None)
    if found is None:
        raise NotFound
    found.delete()
    record(kinds.LOGGED_OUT, row, by=row, at=now, data={"session": session})


@change
def set_alerts(*, user: User, sound_enabled: bool, mail: str, now: datetime) -> User:
    """Keep whether a new P1 is heard, and when news come by mail. Raises ``Invalid``."""
    row = User.locked(user.uuid)
    if mail not in MailChoice.values:
        raise Invalid(
            "Une valeur n'est pas dans sa liste.",
            fields={"mail": "Choisissez une valeur de la liste."},
        )
    wanted = {"sound_enabled": sound_enabled, "mail": mail}
    before = {name: getattr(row, name) for name in wanted}
    changes = {n: [str(before[n]), str(wanted[n])] for n in wanted if before[n] != wanted[n]}
    if changes:
        row.sound_enabled, row.mail = sound_enabled, mail
        row.store()
        record(kinds.PREFERENCES_CHANGED, row, by=row, at=now, data={"changes": changes})
    return row


@change
def set_preferences(
    *,
    user: User,
    now: datetime,
    keys_enabled: bool | None = None,
    density: Density | str | None = None,
    language: Language | str | None = None,
) -> User:
    """Keep how somebody likes the console; what is None stays as it is."""
    row = User.locked(user.uuid)
    wanted = {"keys_enabled": keys_enabled, "density": density, "language": language}
    changes = {
        name: [str(getattr(row, name)), str(value)]
        for name, value in wanted.items()
        if value is not None and value != getattr(row, name)
    }
    if changes:
        for name in changes:
            setattr(row, name, wanted[name])
        row.store()
        record(kinds.PREFERENCES_CHANGED, row, by=row, at=now, data={"changes": changes})
    return row
