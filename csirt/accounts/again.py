"""What ends the rights of people, done again after an older backup is restored."""

from collections.abc import Callable
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Q

from csirt.accounts import kinds, services
from csirt.accounts.models import Invitation, PersonalToken, User
from csirt.accounts.roles import Role
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.ledger import Entry, again


def register() -> None:
    """Attach the handlers; called when the app is ready."""
    again(kinds.DISABLED)(_disabled)
    again(kinds.ENABLED)(_enabled)
    again(kinds.ROLE_CHANGED)(_role_changed)
    again(kinds.PASSWORD_CHANGED)(_password_changed)
    again(kinds.SECOND_FACTOR_RESET, kinds.SECOND_FACTOR_ADDED)(_second_factor_replaced)
    again(kinds.SECOND_FACTOR_REMOVED)(_second_factor_removed)
    again(kinds.DEVICE_FORGOTTEN)(_device_forgotten)
    again(kinds.TOKEN_REVOKED)(_token_revoked)
    again(kinds.UNINVITED)(_uninvited)
    again(kinds.JOINED)(_joined)


@change
def _with(entry: Entry, act: Callable[[User], None]) -> None:
    row = User.objects.select_for_update(no_key=True).filter(uuid=entry.object).first()
    if row is not None:
        act(row)


def _disabled(entry: Entry, now: datetime) -> None:
    def act(row: User) -> None:
        row.devices.all().delete()
        if row.is_active:
            row.is_active = False
            row.store()
            record(kinds.DISABLED, row, by=SYSTEM, at=now)

    _with(entry, act)


def _enabled(entry: Entry, now: datetime) -> None:
    def act(row: User) -> None:
        if not row.is_active:
            row.is_active = True
            row.store()
            record(kinds.ENABLED, row, by=SYSTEM, at=now)

    _with(entry, act)


def _role_changed(entry: Entry, now: datetime) -> None:
    role = entry.data["new"]

    def act(row: User) -> None:
        if role in Role.values and row.role != role:
            data = {"old": row.role, "new": role}
            row.role = role
            row.store()
            record(kinds.ROLE_CHANGED, row, by=SYSTEM, at=now, data=data)

    _with(entry, act)


def _password_changed(entry: Entry, now: datetime) -> None:
    """The newer password is lost; the older one must open nothing: an admin offers a link."""

    def act(row: User) -> None:
        row.devices.all().delete()
        if row.has_usable_password():
            row.set_unusable_password()
            row.store()
            record(kinds.PASSWORD_CHANGED, row, by=SYSTEM, at=now, data={"by_link": False})

    _with(entry, act)
    _end_links(Q(user__uuid=entry.object), now)  # perhaps the one that it was changed with


def _second_factor_replaced(entry: Entry, now: datetime) -> None:
    """The newer one is lost; the older one, perhaps of a stolen telephone, must open nothing.

    A reset also ends the tie to the identity provider, as ``factors.reset`` does.
    """
    if entry.kind == kinds.SECOND_FACTOR_ADDED.name and not entry.data.get("replaced"):
        return

    def act(row: User) -> None:
        gone = Authenticator.objects.filter(user=row).delete()[0]
        if entry.kind == kinds.SECOND_FACTOR_RESET.name:
            gone += SocialAccount.objects.filter(user=row).delete()[0]
            row.devices.all().delete()
        if gone:
            row.store()
            record(kinds.SECOND_FACTOR_RESET, row, by=SYSTEM, at=now)

    _with(entry, act)


def _second_factor_removed(entry: Entry, now: datetime) -> None:
    """One was lost or given away since: which of a kind is not known, so none of that kind opens."""
    kind = entry.data.get("type", "")

    def act(row: User) -> None:
        if Authenticator.objects.filter(user=row, type=kind).delete()[0]:
            row.store()
            record(kinds.SECOND_FACTOR_REMOVED, row, by=SYSTEM, at=now, data={"type": kind})

    _with(entry, act)


def _device_forgotten(entry: Entry, now: datetime) -> None:
    def act(row: User) -> None:
        device = entry.data["device"]
        if row.devices.filter(digest=device).delete()[0]:
            record(kinds.DEVICE_FORGOTTEN, row, by=SYSTEM, at=now, data={"device": device})

    _with(entry, act)


@change
def _token_revoked(entry: Entry, now: datetime) -> None:
    row = PersonalToken.objects.filter(uuid=entry.object, revoked_at=None).first()
    if row is not None:
        services.end_token(row, by=SYSTEM, now=now)


def _uninvited(entry: Entry, now: datetime) -> None:
    _end_links(Q(uuid=entry.object), now)


def _joined(entry: Entry, now: datetime) -> None:
    """The account is lost, its link was used: whoever has it makes no second one."""
    _end_links(Q(uuid=entry.data["invitation"]), now)


@change
def _end_links(wanted: Q, now: datetime) -> None:
    for row in Invitation.objects.filter(wanted, used_at=None, revoked_at=None).order_by("pk"):
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        data = {"role": row.role, "reset": row.user_id is not None}
        record(kinds.UNINVITED, row, by=SYSTEM, at=now, data=data)
