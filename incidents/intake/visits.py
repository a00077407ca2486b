"""A victim's visit: the code is given once, then the session remembers which one for two hours.

The session names the code, not the case: a code that is revoked ends every visit it began.
"""

from datetime import datetime, timedelta

from django.http import HttpRequest

from csirt.accounts.principals import Victim
from csirt.kernel.errors import NotFound
from incidents.models import AccessCode, SpokenCode
from incidents.services.following import VISIT, victim_of_access

LASTS = timedelta(hours=2)  # after the last thing sent


def begin(request: HttpRequest, access: AccessCode, now: datetime) -> None:
    """Begin a visit under a new session id; whatever id was known before is worth nothing."""
    request.session.cycle_key()
    request.session[VISIT] = {
        "access": access.pk,
        "until": (now + LASTS).timestamp(),
        "spoken": SpokenCode.objects.filter(access=access).exists(),
    }


def go_on(request: HttpRequest, now: datetime) -> None:
    """Let the visit last two hours more."""
    request.session[VISIT] = {**request.session[VISIT], "until": (now + LASTS).timestamp()}


def victim(request: HttpRequest, now: datetime) -> Victim | None:
    """Return who is visiting, None when nobody is or the visit is over."""
    visit = request.session.get(VISIT)
    if not visit or visit["until"] <= now.timestamp():
        return None
    try:
        return victim_of_access(visit["access"])
    except NotFound:
        return None


def access(request: HttpRequest) -> int:
    """Return which code this visit began with; only while there is one."""
    return int(request.session[VISIT]["access"])


def read_out(request: HttpRequest) -> bool:
    """Tell whether this visit began with a code that was said on the phone."""
    return bool((request.session.get(VISIT) or {}).get("spoken"))


def end(request: HttpRequest) -> None:
    """End the visit. An account that is logged in beside it stays so."""
    request.session.pop(VISIT, None)
    if not request.user.is_authenticated:
        request.session.flush()
