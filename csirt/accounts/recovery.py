"""Recovery codes: each stands in for the second factor once. Shown when they are made, never again.

A code has 115 bits and a check symbol, as a tracking code has, so that what is kept is its plain
SHA-256 (ASVS 5.0, 6.5.2): nothing that is stored gives one back.
"""

import hashlib
import hmac

from allauth.mfa.models import Authenticator

from csirt.accounts.models import User
from csirt.kernel import codes

COUNT = 10
KEPT = "digests"  # in the authenticator's data: of the codes that were not used


def make(user: User) -> list[str]:
    """Replace the codes of *user*; return the new ones, in groups of four."""
    made = [codes.random_code() for _ in range(COUNT)]
    Authenticator.objects.update_or_create(
        user=user,
        type=Authenticator.Type.RECOVERY_CODES,
        defaults={"data": {KEPT: [_digest(code) for code in made]}},
    )
    return [codes.grouped(code) for code in made]


def kept(user: User) -> bool:
    """Tell whether *user* was given codes; those of an older form open nothing, and are none."""
    rows = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return rows.filter(data__has_key=KEPT).exists()


def take(row: Authenticator, text: str) -> bool:
    """Use up a code, however it is written, on a row that is locked; tell whether it was one."""
    try:
        digest = _digest(codes.parse_code(text))
    except codes.BadCode:
        return False
    digests: list[str] = row.data.get(KEPT, [])
    left = [one for one in digests if not hmac.compare_digest(one, digest)]
    if len(left) == len(digests):
        return False
    row.data[KEPT] = left
    row.save(update_fields=["data"])
    return True


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
