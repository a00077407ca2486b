"""What ended sharing and partners' rights, done again after an older backup is restored."""

from datetime import datetime

from django.db.models import Q

from api.models import (
    Collection,
    CollectionAccess,
    Partner,
    PartnerPerson,
    PartnerToken,
    Release,
    ShareHold,
)
from api.sharing import kinds
from api.sharing.withdrawal import close_gates, withdraw
from api.stix.case import GATES
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.ledger import Entry, again
from incidents.models import Incident


def register() -> None:
    """Attach the handlers; called when the app is ready."""
    again(kinds.WITHDRAWN, kinds.REVOKED)(_withdrawn)
    again(kinds.PARTNER_DISABLED)(_partner_disabled)
    again(kinds.TOKEN_REVOKED, kinds.TOKEN_ROTATED)(_token_ended)
    again(kinds.PERSON_REMOVED)(_person_removed)
    again(kinds.ACCESS_ENDED)(_access_ended)
    again(kinds.COLLECTION_EDITED)(_options_ended)
    again(kinds.PARTNER_EDITED)(_partner_options_ended)


@change
def _withdrawn(entry: Entry, now: datetime) -> None:
    """Everything of the case goes, also where one object was revoked: an analyst releases again."""
    about = Release.objects.filter(uuid=entry.object).values("incident")
    found = Incident.objects.filter(Q(uuid=entry.object) | Q(pk__in=about)).first()
    if found is not None and ShareHold.objects.filter(incident=found.pk).exists():
        withdraw(Incident.locked(found.uuid), why="restored", by=SYSTEM, at=now)


@change
def _partner_disabled(entry: Entry, now: datetime) -> None:
    row = Partner.objects.select_for_update().filter(uuid=entry.object, active=True).first()
    if row is not None:
        row.active = False
        row.version += 1
        row.save()
        ended = row.tokens.filter(revoked_at=None).update(revoked_at=now)
        data = {"identifier": row.identifier, "tokens": ended}
        record(kinds.PARTNER_DISABLED, row, by=SYSTEM, at=now, data=data)


@change
def _token_ended(entry: Entry, now: datetime) -> None:
    """Of a token that was replaced, the older one: the newer is lost, and the partner gets another."""
    prefix = entry.data.get("previous", entry.data["prefix"])
    row = PartnerToken.objects.select_related("partner").filter(prefix=prefix).first()
    if row is not None and row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        data = {"identifier": row.partner.identifier, "prefix": row.prefix}
        record(kinds.TOKEN_REVOKED, row, by=SYSTEM, at=now, data=data)


@change
def _person_removed(entry: Entry, now: datetime) -> None:
    partner = Partner.objects.filter(uuid=entry.object).first()
    people = PartnerPerson.objects.filter(partner=partner, user__uuid=entry.data["person"])
    if partner is not None and people.delete()[0]:
        record(kinds.PERSON_REMOVED, partner, by=SYSTEM, at=now, data=entry.data)


@change
def _access_ended(entry: Entry, now: datetime) -> None:
    access = CollectionAccess.objects.select_related("collection").filter(
        collection__uuid=entry.object, partner__identifier=entry.data["partner"]
    )
    for row in access:
        collection = row.collection
        row.delete()
        record(kinds.ACCESS_ENDED, collection, by=SYSTEM, at=now, data=entry.data)


@change
def _options_ended(entry: Entry, now: datetime) -> None:
    """The options that a collection has no more end, with what it holds under them."""
    row = Collection.objects.select_for_update().filter(uuid=entry.object).first()
    had = {name for name in GATES if row is not None and getattr(row, name)}
    ended = had - set(entry.data["options"])
    if row is None or not ended:
        return
    for name in ended:
        setattr(row, name, False)
    row.version += 1
    row.save()
    data = {"alias": row.alias, "options": sorted(had - ended)}
    record(kinds.COLLECTION_EDITED, row, by=SYSTEM, at=now, data=data)
    close_gates(row, ended, by=SYSTEM, at=now)


@change
def _partner_options_ended(entry: Entry, now: datetime) -> None:
    """What a partner did not want any more, it does not want."""
    row = Partner.objects.select_for_update().filter(uuid=entry.object).first()
    if row is None or "options" not in entry.data:
        return
    had = {gate for gate in GATES if row.wants(gate)}
    left = had & set(entry.data["options"])
    if left != had:
        row.options = {gate: gate in left for gate in GATES}
        row.version += 1
        row.save()
        data = {"identifier": row.identifier, "fields": ["options"], "options": sorted(left)}
        record(kinds.PARTNER_EDITED, row, by=SYSTEM, at=now, data=data)
