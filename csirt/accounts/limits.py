"""Guessing is slowed by account and by address, and nobody can be locked out by a stranger.

Five tries a minute of one account from one source. A source is a network address (an IPv6 /64), or
a device where that account has already logged in: strangers who hammer an account spend their own
tries, never those of its owner. A try is counted before the secret is looked at, so that twenty at
once are still five, and given back when it was right. In the database, for all processes.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Sum
from django.http import HttpRequest

from csirt.accounts import devices
from csirt.accounts.models import FailedAttempt
from csirt.kernel.clock import real as now

PER_SOURCE = 5  # a minute, of one account
PER_ADDRESS = 30  # a minute, of all accounts together
PER_ACCOUNT = 20  # a minute, from all addresses together; known devices apart
CODES_PER_HOUR = 20  # of one account, from all unknown devices: the password is known to them
KEPT = timedelta(days=30)

Secret = FailedAttempt.Secret


@dataclass(frozen=True)
class Source:
    """Where a try comes from, as it is counted."""

    name: str
    known: bool


def account_digest(email: str) -> str:
    """Return how failures name the address that was typed."""
    text = email.strip().lower().encode()
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, b"account|" + text, hashlib.sha256).hexdigest()


def _address(request: HttpRequest) -> str:
    text = str(request.META.get("desk.address") or request.META.get("REMOTE_ADDR", ""))
    try:
        address = ip_address(text)
    except ValueError:
        return text[:64]
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


def source_of(request: HttpRequest, email: str) -> Source:
    """Return the source of a try on *email*: the device if it knows the account, or the address."""
    device = devices.read(request)
    if device and devices.knows(device, email, now=now()):
        return Source(f"device:{devices.digest_of(device)}", known=True)
    return Source(_address(request), known=False)


@dataclass(frozen=True)
class Try:
    """A try that was counted; ``give_back`` when the secret was right."""

    row: int

    def give_back(self) -> None:
        FailedAttempt.objects.filter(pk=self.row, count__gt=0).update(count=F("count") - 1)


def spend(*, email: str, source: Source, secret: Secret, now: datetime) -> Try | None:
    """Count a try of *email*'s *secret*; None when there have been too many."""
    minute = now.replace(second=0, microsecond=0)
    account = account_digest(email)
    with transaction.atomic():
        if _crowded(account, source, secret, now):
            return None  # and no row more: a flood of made-up names fills no table
        row, new = FailedAttempt.objects.select_for_update().get_or_create(
            account=account,
            minute=minute,
            source=source.name,
            secret=secret,
            defaults={"known": source.known},
        )
        if row.count >= PER_SOURCE:
            return None
        row.count += 1
        row.save(update_fields=["count"])
        if new:
            FailedAttempt.objects.filter(minute__lt=now - KEPT).delete()
    return Try(row.pk)


def _crowded(account: str, source: Source, secret: Secret, now: datetime) -> bool:
    if source.known:
        return False
    minute = now.replace(second=0, microsecond=0)
    recent = FailedAttempt.objects.filter(known=False, secret=secret)
    sums = recent.filter(minute=minute).aggregate(
        address=Sum("count", filter=Q(source=source.name)),
        account=Sum("count", filter=Q(account=account)),
    )
    if (sums["address"] or 0) >= PER_ADDRESS or (sums["account"] or 0) >= PER_ACCOUNT:
        return True
    if secret != Secret.CODE:
        return False
    hour = recent.filter(account=account, minute__gt=minute - timedelta(hours=1))
    return (hour.aggregate(all=Sum("count"))["all"] or 0) >= CODES_PER_HOUR


def failures_of(email: str, *, since: datetime) -> int:
    """Return how many wrong passwords and codes an account has seen."""
    rows = FailedAttempt.objects.filter(account=account_digest(email), minute__gte=since)
    return rows.aggregate(all=Sum("count"))["all"] or 0
