"""Whose kit this browser has open: its code is given once, then the session knows it for two hours."""

from datetime import datetime, timedelta

from django.http import HttpRequest

from playbooks.models import Kit

OPEN = "kit"  # in the session
LASTS = timedelta(hours=2)  # after the last thing sent


def begin(request: HttpRequest, kit: Kit, now: datetime) -> None:
    """Open *kit* in this browser. A visit or an account beside it goes on."""
    if request.session.get(OPEN, {}).get("kit") != kit.pk:
        request.session.cycle_key()  # whatever id was known before is worth nothing
    request.session[OPEN] = {"kit": kit.pk, "until": (now + LASTS).timestamp()}


def current(request: HttpRequest, now: datetime) -> Kit | None:
    """Return the kit that is open here, None when there is none any more."""
    known = request.session.get(OPEN)
    if not known or known["until"] <= now.timestamp():
        return None
    return Kit.objects.select_related("organisation").filter(pk=known["kit"]).first()


def end(request: HttpRequest) -> None:
    """Close the kit on this device."""
    request.session.pop(OPEN, None)
