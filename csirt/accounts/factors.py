"""The second factor's changes, and what the journal keeps of logging in and out."""

from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP

from csirt.accounts import kinds, services
from csirt.accounts.models import User
from csirt.accounts.sessions import name_of
from csirt.accounts.totp import USED
from csirt.journal import change, record

Type = Authenticator.Type


def enrolled(user: User) -> bool:
    """Tell whether somebody has a telephone that shows codes."""
    return Authenticator.objects.filter(user=user, type=Type.TOTP).exists()


@change
def enrol(*, user: User, seed: str, counter: int, now: datetime) -> list[str]:
    """Make *seed* the second factor, instead of an older one; return fresh recovery codes.

    *counter* is that of the code which proved the seed: it is used up.
    """
    row = User.locked(user.uuid)
    old, _ = Authenticator.objects.filter(user=row).delete()
    totp = TOTP.activate(row, seed).instance
    totp.data[USED] = counter
    totp.save(update_fields=["data"])
    row.store()
    data = {"type": Type.TOTP.value, "replaced": bool(old)}
    record(kinds.SECOND_FACTOR_ADDED, row, by=row, at=now, data=data)
    return list(RecoveryCodes.activate(row).get_unused_codes())


@change
def new_recovery_codes(*, user: User, now: datetime) -> list[str]:
    """Replace the recovery codes; return the new ones, to be shown once."""
    row = User.locked(user.uuid)
    Authenticator.objects.filter(user=row, type=Type.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(row).get_unused_codes()
    record(kinds.RECOVERY_CODES_MADE, row, by=row, at=now)
    return list(codes)


@change
def reset(*, user: UUID, version: int, by: User, now: datetime) -> User:
    """Forget somebody's second factor: they log in again and enrol again. For admins."""
    services.require_admin(by)
    row = User.locked(user, version=version)
    services.require_other(by, row)
    Authenticator.objects.filter(user=row).delete()
    row.store()
    record(kinds.SECOND_FACTOR_RESET, row, by=by, at=now)
    services.end_sessions_of(row, why="second-factor", by=by, now=now)
    return row


@change
def logged_in(*, user: User, session: str | None, methods: list[str], now: datetime) -> None:
    """Journal that somebody came in, and how they proved it."""
    data = {"session": name_of(session), "methods": methods}
    record(kinds.LOGGED_IN, user, by=user, at=now, data=data)


@change
def logged_out(*, user: User, session: str | None, now: datetime) -> None:
    """Journal that a session was ended by its owner; its sockets end."""
    record(kinds.LOGGED_OUT, user, by=user, at=now, data={"session": name_of(session)})
