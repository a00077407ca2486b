"""Browsers in which somebody has logged in: one knows them, and is told by mail of a new one.

A signed cookie names the browser, a row says whose account has logged in there. It opens nothing: it
gives the account tries of its own (``csirt.accounts.limits``), and spares its owner a letter. A row
goes ``KEPT`` after the last log-in, when its owner forgets it, and with the account.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from csirt.accounts import kinds
from csirt.accounts.models import Device, User
from csirt.journal import change, record
from csirt.kernel.errors import NotFound

KEPT = timedelta(days=180)
MOST = 20  # of one account
COOKIE = "device" if settings.LOCAL else "__Host-device"
_SALT = "csirt.accounts.device"


def read(request: HttpRequest) -> str:
    """Return what the browser calls itself; empty when it has no name, or one that we never gave."""
    try:
        name = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=KEPT)
    except signing.BadSignature:
        return ""
    return name if isinstance(name, str) else ""


def digest_of(name: str) -> str:
    """Return how rows and pages name a browser: a digest that no cookie can be made of."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def knows(name: str, email: str, *, now: datetime) -> bool:
    """Tell whether the account of this address has logged in there lately."""
    rows = Device.objects.filter(digest=digest_of(name), user__email=email.strip().lower())
    return rows.filter(used_at__gt=now - KEPT).exists()


def remember(*, user: User, name: str, agent: str, now: datetime) -> bool:
    """Note, inside of the change of a log-in, that *user* came in there; return whether it was known."""
    Device.objects.filter(used_at__lte=now - KEPT).delete()
    _row, new = Device.objects.update_or_create(
        user=user,
        digest=digest_of(name),
        defaults={"agent": agent, "used_at": now},
        create_defaults={"agent": agent, "used_at": now, "began_at": now},
    )
    beyond = user.devices.order_by("-used_at", "-pk").values("pk")[MOST:]
    Device.objects.filter(pk__in=[row["pk"] for row in beyond]).delete()
    return not new


def new_name() -> str:
    """Return a name for a browser that has none."""
    return secrets.token_hex(16)


def give(response: HttpResponseBase, name: str) -> None:
    """Have the browser say next time who it is."""
    response.set_cookie(
        COOKIE,
        signing.dumps(name, salt=_SALT),
        max_age=KEPT,
        httponly=True,
        secure=not settings.LOCAL,
        samesite="Lax",
    )


@change
def forget(*, user: User, device: str, now: datetime) -> None:
    """Forget one of one's own; a log-in from there is told by mail again. Raises ``NotFound``."""
    row = User.locked(user.uuid)
    if not row.devices.filter(digest=device).delete()[0]:
        raise NotFound
    record(kinds.DEVICE_FORGOTTEN, row, by=row, at=now, data={"device": device})
