"""A restricted case that nobody sees any more, since who was named on it left the desk: the leads get it.

Whoever comes back to the desk, or becomes a lead, may be the first who can be named: they count too.
"""

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef

from csirt.accounts import kinds as accounts
from csirt.accounts.models import User
from csirt.accounts.roles import DESK, Role
from csirt.journal import record, withdraws
from csirt.journal.epoch import SYSTEM
from incidents import kinds
from incidents.models import Incident, IncidentAccess


def register() -> None:
    """Answer what changes who works cases, in the same change; called when the app is ready."""
    withdraws(accounts.DISABLED, accounts.ENABLED, accounts.JOINED, accounts.ROLE_CHANGED)(give)


def give(_user: models.Model, at: datetime) -> None:
    """Name the leads on each restricted case that nobody of the desk is named on; inside a change."""
    seeing = IncidentAccess.objects.filter(
        incident=OuterRef("pk"), user__is_active=True, user__role__in=DESK
    )
    unseen = Incident.objects.filter(~Exists(seeing), restricted=True).order_by("pk")
    leads = list(User.objects.filter(role=Role.LEAD, is_active=True).order_by("pk"))
    if not leads:
        return
    data = {"added": sorted(str(lead.uuid) for lead in leads), "removed": []}
    for case in unseen.select_for_update(no_key=True, of=("self",)):
        IncidentAccess.objects.bulk_create(IncidentAccess(incident=case, user=one) for one in leads)
        case.store(at)
        record(kinds.ACCESS_CHANGED, case, by=SYSTEM, at=at, data=data)
