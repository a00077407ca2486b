"""A tracking code reaches its owner: said to be noted, or replaced after it was read out."""

from datetime import datetime

from django.conf import settings

from csirt.accounts.principals import Victim
from csirt.journal import change, record
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.kernel.errors import NotFound
from incidents import kinds
from incidents.models import AccessCode, Incident
from incidents.services.filing import issue_code


@change
def note_code(*, incident: int, now: datetime) -> None:
    """Record that the reporter says the code is noted; once is enough."""
    case = Incident.objects.get(pk=incident)
    if not Event.objects.filter(incident=incident, kind=kinds.CODE_NOTED.name).exists():
        record(kinds.CODE_NOTED, case, by=Victim(incident_id=incident), at=now)


@change
def replace_spoken(*, access: int, code: str, now: datetime) -> AccessCode:
    """Put *code*, which only the victim saw, in the place of one that was read out.

    Sent twice it is one replacement. Raises ``NotFound`` when the old code ended otherwise.
    """
    # The case first: a code issued again meanwhile ends every other, this one too.
    cases = Incident.objects.select_for_update(no_key=True)
    case = cases.filter(pk__in=AccessCode.objects.filter(pk=access).values("incident")).first()
    old = AccessCode.objects.select_for_update(of=("self",)).filter(pk=access).first()
    if case is None or old is None or not hasattr(old, "spoken"):
        raise NotFound
    if old.revoked_at is not None:
        known = {codes.code_digest(code, pepper) for pepper in settings.PEPPERS.values()}
        again = AccessCode.objects.filter(
            incident=old.incident_id, digest__in=known, revoked_at=None
        ).first()
        if again is None:
            raise NotFound
        return again
    old.revoked_at = now
    old.save(update_fields=["revoked_at"])
    fresh = issue_code(case, code, now)
    record(kinds.CODE_REPLACED, case, by=Victim(incident_id=case.pk), at=now)
    return fresh
