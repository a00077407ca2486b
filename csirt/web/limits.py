"""Token buckets in the database: the same limit for every process, machine and engine.

A bucket is one number, the moment at which it will be full again; taking a token moves it forward
by ``1 / rate``. One statement reads, refills, decides and writes, so that parallel requests cannot
take the same token. Only what is limited and posted writes a row; reading a page never does.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest

from csirt.web.models import Bucket

COUNTED_FOR = 3600  # seconds during which a retry is not counted again

_TAKE = """
    INSERT INTO web_bucket (key, full_at) VALUES (%(key)s, %(now)s + %(cost)s)
    ON CONFLICT (key) DO UPDATE SET full_at = %(cost)s
        + CASE WHEN web_bucket.full_at > %(now)s THEN web_bucket.full_at ELSE %(now)s END
    WHERE web_bucket.full_at <= %(now)s + %(room)s
    RETURNING full_at
"""
_GIVE_BACK = "UPDATE web_bucket SET full_at = full_at - %(cost)s WHERE key = %(key)s"


class Limit(NamedTuple):
    """*burst* at once, and *rate* a second from then on, for whoever *key* names."""

    key: str
    rate: float
    burst: int


def take_token(key: str, rate: float, burst: int, now: datetime) -> float:
    """Take one token from the bucket *key*; return 0, or the seconds to wait for the next one.

    *rate* is in tokens a second, *burst* what a full bucket holds. At most ``burst + rate * t``
    are given in any *t* seconds. A refusal takes nothing.
    """
    cost = 1 / rate
    room = (burst - 1) * cost
    with transaction.atomic():
        if _taken(key, cost, room, now) is not None:
            return 0.0
        full_at = Bucket.objects.values_list("full_at", flat=True).get(pk=_hidden(key))
    return max(0.0, full_at - now.timestamp() - room)


def once(key: str, seconds: int, now: datetime) -> bool:
    """Tell whether this is the first time in so many *seconds*; it counts."""
    return _taken(key, seconds, 0, now) is not None


def line_up(key: str, each: int, free: int, longest: int, now: datetime) -> float:
    """Return the seconds until the turn of who comes now, in the line *key*; see ``effort``.

    A turn takes *each* seconds; *free* of them need not stand in line; nobody waits more than
    *longest* seconds, however many there are.
    """
    full_at = _taken(key, each, free * each + longest, now)
    if full_at is None:
        return longest
    return min(longest, max(0.0, full_at - now.timestamp() - free * each))


def _taken(key: str, cost: float, room: float, now: datetime) -> float | None:
    """Return when the bucket is full again after one more, None when there is no room for it."""
    values: dict[str, str | float] = {
        "key": _hidden(key),
        "now": now.timestamp(),
        "cost": cost,
        "room": room,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        row = cursor.fetchone()
    return float(row[0]) if row else None


def within(subject: str, limits: Iterable[Limit], now: datetime) -> bool:
    """Count *subject* in each of the *limits*; False, counting it nowhere, when one is used up.

    Clicks and retries are one: what was counted within the hour is within its limits.
    """
    with transaction.atomic():
        if not once(f"counted|{subject}", COUNTED_FOR, now):
            return True
        if not any(take_token(*limit, now) for limit in limits):
            return True
        transaction.set_rollback(True)
    return False


def give_back(key: str, rate: float) -> None:
    """Put back a token that was taken for something that turned out well."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"key": _hidden(key), "cost": 1 / rate})


def forget_full(now: datetime) -> int:
    """Delete the buckets that are full again; return how many. Called by ``tend``."""
    return Bucket.objects.filter(full_at__lt=now.timestamp()).delete()[0]


def client(request: HttpRequest) -> str:
    """Return whom a limit counts as one: see ``subscriber``."""
    return subscriber(str(request.META.get("desk.address", "")))


def subscriber(address: str) -> str:
    """Return whom a limit counts as one: an IPv4 address, or the /64 that one subscriber has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _hidden(key: str) -> str:
    secret = settings.SECRET_KEY.encode()
    return hmac.new(secret, b"bucket|" + key.encode(), hashlib.sha256).hexdigest()
