"""Codes of the second factor, each good once.

The counter of the last code accepted is kept with the seed, under the row's lock: a code is never
taken twice, nor one older than the last, whatever happens to a cache.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction

from csirt.accounts import recovery
from csirt.accounts.models import User

PERIOD = 30  # seconds
USED = "used"  # in the authenticator's data: the counter of the last code accepted
_NOISE = re.compile(r"[\s\-]+")


def _counters(now: datetime) -> range:
    counter = int(now.timestamp()) // PERIOD
    return range(counter - settings.MFA_TOTP_TOLERANCE, counter + settings.MFA_TOTP_TOLERANCE + 1)


def counter_of(seed: str, code: str, now: datetime) -> int | None:
    """Return which period's code this is, within the tolerance; None for a wrong one."""
    found = None
    for counter in _counters(now):
        if hmac.compare_digest(
            format_hotp_value(hotp_value(seed, counter)).encode(), code.encode()
        ):
            found = counter
    return found


def normal(code: str) -> str:
    """Return a code as it is compared: people type spaces."""
    return _NOISE.sub("", code)


@transaction.atomic
def take(user: User, code: str, now: datetime) -> Authenticator | None:
    """Use up *code*; return the authenticator it belongs to, None when it is wrong or was used."""
    code = normal(code)
    rows = Authenticator.objects.select_for_update().filter(user=user).order_by("pk")
    of_type = {row.type: row for row in rows}
    if totp := of_type.get(Authenticator.Type.TOTP):
        counter = counter_of(decrypt(totp.data["secret"]), code, now)
        if counter is not None and counter > totp.data.get(USED, -1):
            totp.data[USED] = counter
            totp.save(update_fields=["data"])
            return totp
    spare = of_type.get(Authenticator.Type.RECOVERY_CODES)
    if spare and recovery.take(spare, code):
        return spare
    return None


@dataclass(frozen=True)
class Picture:
    """A QR code as the path of an inline SVG: the policy blocks a ``data:`` image."""

    size: int
    path: str


def picture(text: str) -> Picture:
    """Return the QR code of *text*, with its quiet zone, one unit a module."""
    import qrcode

    code = qrcode.QRCode(border=4)
    code.add_data(text)
    matrix = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark
    )
    return Picture(len(matrix), path)
