"""Effort: what is asked above a limit, and never a refusal: the limit may be somebody else's doing.

Either way opens: a moment's work of the browser (a number whose hash with the ticket begins with
``BITS`` zeros, a second or two on a slow phone), or the same form sent again once the ticket is
``WAIT`` old, which needs no script. The page carries all that was typed.

Waits of one *line* run one after the other, so that a robot cannot wait for a thousand things at once.
A line is a draft or a visit, which nobody else can lengthen. Who has neither stands in that of their
address: the first ``NEIGHBOURS`` wait side by side, as a school behind one address does, and nobody
more than ``LONGEST`` behind a robot, which would be a refusal. The work opens at once all the same.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac

from csirt.kernel import codes
from csirt.web import limits
from incidents.models import Draft

WAIT = 30  # seconds
NEIGHBOURS = 20
LONGEST = 30  # seconds more than ``WAIT``: a minute in all, whoever is before
BITS = 17  # 130,000 hashes on average
TICKET, WORK = "billet", "travail"
_KEPT = 24 * 3600  # seconds that a ticket is good for: as long as a draft
_OURS = {TICKET, WORK, "csrfmiddlewaretoken"}
_SALT = "intake.effort"


def asked(
    request: HttpRequest,
    subject: str,
    now: datetime,
    *,
    line: str = "",
    free: int = 1,
    once: bool = False,
    more: Mapping[str, str] | None = None,
) -> HttpResponse | None:
    """Return the page that asks for an effort for *subject*, None once it was made.

    *subject* stands in the page: a secret is given by ``hidden``. Waits stand in *line*, but for
    *free* of them; side by side without one. *once*: the effort opens one time. *more* goes with the
    form.
    """
    ticket, at = request.POST.get(TICKET, ""), int(now.timestamp())
    ready = _ready(ticket, subject)
    if ready is not None and (ready <= at or is_work(ticket, request.POST.get(WORK, ""))):
        if not once or limits.once(f"effort|{ticket}", _KEPT, now):
            return None
        ready = None
    if ready is None:
        turn = limits.line_up(f"wait|{line}", WAIT, free, LONGEST, now) if line else 0
        ready = at + WAIT + int(turn)
        ticket = signing.dumps([subject, ready, codes.new_token()], salt=_SALT)
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _OURS
        for value in values
    ]
    context = {
        "action": request.get_full_path(),
        "fields": [*fields, *(more or {}).items()],
        "ticket": ticket,
        "start": challenge(ticket),
        "bits": BITS,
        "seconds": ready - at,
    }
    return render(request, "intake/wait.html", context)


def of_device(request: HttpRequest, draft: Draft | None) -> dict[str, Any]:
    """Return in which line this device stands: its own with a draft, else that of its address."""
    if draft is not None:
        return {"line": f"draft|{draft.pk}"}
    return {"line": limits.client(request), "free": NEIGHBOURS}


def hidden(secret: str) -> str:
    """Return a name of something secret that may stand in a page."""
    return salted_hmac(_SALT, secret, algorithm="sha256").hexdigest()[:32]


def challenge(ticket: str) -> str:
    """Return what the work begins with: 32 characters, so that each try is one block of SHA-256."""
    return hashlib.sha256(ticket.encode()).hexdigest()[:32]


def is_work(ticket: str, number: str) -> bool:
    """Tell whether *number* is the work that *ticket* asks for."""
    if not (number.isascii() and number.isdigit() and len(number) <= 15):
        return False
    digest = hashlib.sha256(f"{challenge(ticket)}{number}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - BITS) == 0


def _ready(ticket: str, subject: str) -> int | None:
    """Return when a ticket of ours for *subject* lets through, in seconds since 1970."""
    try:
        given, ready, _number = signing.loads(ticket, salt=_SALT, max_age=_KEPT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(ready) if given == subject else None
