"""The second factor's changes, and what the journal keeps of logging in and out."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.exceptions import SessionInterrupted

from csirt.accounts import devices, kinds, recovery, services
from csirt.accounts.models import FactorReset, User
from csirt.accounts.roles import Role
from csirt.accounts.second_factor import needed
from csirt.accounts.sessions import name_of
from csirt.accounts.totp import USED
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM, System
from csirt.kernel.errors import Conflict, NotAllowed, NotFound

Type = Authenticator.Type
PROOFS = (Type.WEBAUTHN, Type.TOTP)  # what a second factor is; recovery codes only stand in for one
MOST_PASSKEYS = 10
ASKED_FOR = timedelta(hours=24)  # that a request to reset waits for the second person
SETTLED = timedelta(hours=24)  # that an account stands before it asks or confirms: no sock puppet


def of(user: User) -> list[Authenticator]:
    """Return somebody's second factors, passkeys first; recovery codes are none."""
    rows = Authenticator.objects.filter(user=user, type__in=PROOFS)
    return sorted(rows, key=lambda row: (row.type != Type.WEBAUTHN, row.pk))


def enrolled(user: User) -> bool:
    """Tell whether somebody has a passkey, or a telephone that shows codes."""
    return Authenticator.objects.filter(user=user, type__in=PROOFS).exists()


def has_passkey(user: User) -> bool:
    """Tell whether somebody has a passkey."""
    return Authenticator.objects.filter(user=user, type=Type.WEBAUTHN).exists()


def has_telephone(user: User) -> bool:
    """Tell whether somebody has a telephone that shows codes."""
    return Authenticator.objects.filter(user=user, type=Type.TOTP).exists()


def way_to_prove(user: User) -> str:
    """Return the route where *user* proves a second factor, or enrols one."""
    if not enrolled(user):
        return "account_second_factor"
    return "mfa_reauthenticate_webauthn" if has_passkey(user) else "mfa_reauthenticate"


def _recovery_codes(row: User) -> list[str]:
    """Return recovery codes just made; none when there are some already."""
    return [] if recovery.kept(row) else recovery.make(row)


@change
def add_passkey(*, user: User, name: str, credential: dict[str, Any], now: datetime) -> list[str]:
    """Keep a passkey, beside what there is; return recovery codes when they are the first.

    Raises ``Conflict`` beyond ``MOST_PASSKEYS``.
    """
    row = User.locked(user.uuid)
    if Authenticator.objects.filter(user=row, type=Type.WEBAUTHN).count() >= MOST_PASSKEYS:
        raise Conflict("Vous avez déjà dix clés d'accès. Retirez-en une d'abord.")
    WebAuthn.add(row, name, credential)
    row.store()
    data = {"type": Type.WEBAUTHN.value, "replaced": False}
    record(kinds.SECOND_FACTOR_ADDED, row, by=row, at=now, data=data)
    return _recovery_codes(row)


@change
def remove(*, user: User, factor: int, now: datetime) -> None:
    """Forget one of one's own second factors, and with the last one the recovery codes.

    Raises ``NotFound``, or ``NotAllowed`` for the last one of somebody whose role needs one.
    """
    row = User.locked(user.uuid)
    mine = Authenticator.objects.filter(user=row, type__in=PROOFS)
    found = mine.filter(pk=factor).first()
    if found is None:
        raise NotFound
    last = not mine.exclude(pk=factor).exists()
    if last and needed(row):
        raise NotAllowed("C'est votre seul second facteur. Ajoutez-en un autre d'abord.")
    kind = found.type
    found.delete()
    if last:
        Authenticator.objects.filter(user=row).delete()
    row.store()
    record(kinds.SECOND_FACTOR_REMOVED, row, by=row, at=now, data={"type": kind})


@change
def enrol(*, user: User, seed: str, counter: int, now: datetime) -> list[str]:
    """Make *seed* the second factor, instead of an older one; return fresh recovery codes.

    *counter* is that of the code which proved the seed: it is used up.
    """
    row = User.locked(user.uuid)
    replaced = Authenticator.objects.filter(user=row, type__in=(Type.TOTP, Type.RECOVERY_CODES))
    old = replaced.filter(type=Type.TOTP).exists()
    replaced.delete()
    totp = TOTP.activate(row, seed).instance
    totp.data[USED] = counter
    totp.save(update_fields=["data"])
    row.store()
    data = {"type": Type.TOTP.value, "replaced": old}
    record(kinds.SECOND_FACTOR_ADDED, row, by=row, at=now, data=data)
    return recovery.make(row)


@change
def new_recovery_codes(*, user: User, now: datetime) -> list[str]:
    """Replace the recovery codes; return the new ones, to be shown once."""
    row = User.locked(user.uuid)
    codes = recovery.make(row)
    record(kinds.RECOVERY_CODES_MADE, row, by=row, at=now)
    return codes


@change
def ask_reset(*, user: UUID, version: int, by: User, now: datetime) -> User:
    """Ask for somebody's second factor to be forgotten; for ``ASKED_FOR``, another admin confirms.

    Raises ``NotAllowed`` unless *by* is an admin, somebody else and here for ``SETTLED``,
    ``Conflict`` when it is asked.
    """
    services.require_admin(by)
    row = User.locked(user, version=version)
    services.require_other(by, row)
    _require_settled(by, now)
    if asked_reset(row, now=now) is not None:
        raise Conflict("C'est déjà demandé. Un autre administrateur le confirme.")
    FactorReset.objects.filter(user=row).delete()
    FactorReset.objects.create(user=row, asked_by=by, asked_at=now)
    row.store()
    record(kinds.RESET_ASKED, row, by=by, at=now)
    return row


@change
def drop_reset(*, user: UUID, version: int, by: User, now: datetime) -> User:
    """Take such a request back, one's own or another admin's."""
    services.require_admin(by)
    row = User.locked(user, version=version)
    services.require_other(by, row)
    gone, _ = FactorReset.objects.filter(user=row).delete()
    if gone:
        row.store()
        record(kinds.RESET_DROPPED, row, by=by, at=now)
    return row


@change
def reset(*, user: UUID, version: int | None = None, by: User | System, now: datetime) -> User:
    """Forget somebody's second factor: they log in again and enrol again.

    Two admins do it: one asked, *by* confirms. From the command line it needs no second.
    Raises ``NotAllowed`` for who asked, for the person, when nobody asked, and for who was not
    here ``SETTLED`` before it was asked.
    """
    services.require_admin(by)
    row = User.locked(user, version=version)
    services.require_other(by, row)
    asked = asked_reset(row, now=now)
    if isinstance(by, User) and (asked is None or asked.asked_by_id == by.pk):
        raise NotAllowed("Il faut deux personnes : l'une demande, une autre confirme.")
    if isinstance(by, User) and asked is not None:
        _require_settled(by, asked.asked_at)
    Authenticator.objects.filter(user=row).delete()
    SocialAccount.objects.filter(
        user=row
    ).delete()  # whom the identity provider calls so may have changed
    FactorReset.objects.filter(user=row).delete()
    row.devices.all().delete()
    row.store()
    data = {"asked_by": asked.asked_by.actor if asked else SYSTEM.actor}
    record(kinds.SECOND_FACTOR_RESET, row, by=by, at=now, data=data)
    services.end_sessions_of(row, why="second-factor", by=by, now=now)
    services.end_tokens_of(row, by=by, now=now)
    return row


def _require_settled(by: User, asked_at: datetime) -> None:
    if by.created_at > asked_at - SETTLED:
        raise NotAllowed(
            "Votre compte était trop récent à la demande : il faut 24 heures."
            " Demandez à un administrateur plus ancien."
        )


def asked_reset(user: User, *, now: datetime) -> FactorReset | None:
    """Return the request that waits for a second admin, if there is one."""
    asked = FactorReset.objects.select_related("asked_by").filter(user=user).first()
    if asked is None or asked.asked_at <= now - ASKED_FOR:
        return None
    by = asked.asked_by
    return asked if by.is_active and by.role == Role.ADMIN else None


@change
def logged_in(
    *,
    user: User,
    session: str | None,
    methods: list[str],
    device: str,
    agent: str,
    now: datetime,
) -> None:
    """Journal that somebody came in, how they proved it, and whether on a device they had used."""
    known = devices.remember(user=user, name=device, agent=agent, now=now)
    data = {"session": name_of(session), "methods": methods, "known": known}
    record(kinds.LOGGED_IN, user, by=user, at=now, data=data)


@change
def proved_again(
    *, user: User, before: str | None, session: SessionBase, methods: list[str], now: datetime
) -> None:
    """Have a session go on under another name than *before*: its owner said again who they are.

    Raises ``SessionInterrupted`` when it was ended meanwhile.
    """
    row = User.locked(user.uuid)
    if not row.sessions.filter(session_key=before).delete()[0]:
        raise SessionInterrupted("The session was ended before the request completed.")
    session.create()
    data = {"session": name_of(before), "now": name_of(session.session_key), "methods": methods}
    record(kinds.PROVED_AGAIN, row, by=row, at=now, data=data)


@change
def broke_glass(*, user: User, session: str | None, methods: list[str], now: datetime) -> None:
    """Journal that somebody entered without the identity provider; the leads are told."""
    data = {"session": name_of(session), "methods": methods}
    record(kinds.BREAK_GLASS_USED, user, by=user, at=now, data=data)


@change
def logged_out(*, user: User, session: str | None, now: datetime) -> None:
    """End a session for its owner; its sockets end."""
    row = User.locked(user.uuid)
    row.sessions.filter(session_key=session).delete()
    record(kinds.LOGGED_OUT, row, by=row, at=now, data={"session": name_of(session)})
