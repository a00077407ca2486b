"""What waits for somebody's decision: notices that did not leave, mails set aside, events given up."""

from typing import Any

from csirt.accounts.principals import Principal
from csirt.journal.models import Parked
from incidents.models import IncomingMail, Notice
from incidents.queries import hangs_under


def parked(principal: Principal) -> Any:
    """Return the notices that somebody must decide about."""
    rows = Notice.objects.filter(state=Notice.State.PARKED, carrier=None)
    return rows.filter(hangs_under(principal))


def aside() -> Any:
    """Return the mails that somebody must decide about."""
    return IncomingMail.objects.filter(outcome=IncomingMail.Outcome.ASIDE, settled_at=None)


def events() -> Any:
    """Return the events that a consumer of the journal gave up."""
    return Parked.objects.filter(solved_at=None)
