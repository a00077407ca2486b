"""Withdrawal: what must not stay shared disappears inside the change itself, never later.

The handlers run before the journal's head is locked; a stopped publisher changes nothing here.
"""

import json
from collections.abc import Collection as Many
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from api.models import (
    Choices,
    Collection,
    CollectionAccess,
    Partner,
    Preview,
    Pull,
    Push,
    Release,
    Share,
    SharedObject,
    ShareHold,
)
from api.sharing import kinds
from api.stix.case import LONGEST_NAME, NAMED_BY_VALUE, REVOKED
from csirt.journal import record, withdraws
from csirt.journal.change import Actor
from csirt.journal.epoch import SYSTEM
from incidents import kinds as incident_kinds
from incidents.models import About, Incident, Observable, ObservableRole
from incidents.queries import refused


def register() -> None:
    """Attach the handlers to the kinds that must not wait; called when the app is ready."""
    withdraws(incident_kinds.TLP_RAISED)(_tlp_raised)
    withdraws(incident_kinds.RESTRICTED)(_restricted)
    withdraws(incident_kinds.CONSENT_WITHDRAWN)(_consent_withdrawn)
    withdraws(incident_kinds.JUDGED)(_judged)
    withdraws(incident_kinds.ERASED)(forget)
    withdraws(kinds.PARTNER_DISABLED)(_partner_disabled)


@dataclass(frozen=True)
class Told:
    """Who already had what was withdrawn: they are to be told."""

    partners: tuple[str, ...]
    programs: tuple[str, ...]


def withdraw(case: Incident, *, why: str, by: Actor, at: datetime) -> int:
    """Take everything of *case* out of every collection; returns how many rows went.

    Called inside a change that holds the case's lock. What another case shows too stays.
    """
    Release.objects.filter(
        incident=case, state__in=[Release.State.QUEUED, Release.State.PUBLISHED]
    ).update(state=Release.State.WITHDRAWN, ended_at=at)
    holds = ShareHold.objects.filter(incident=case.pk)
    rows = list(Share.objects.filter(holds__incident=case.pk).values_list("collection", "added_at"))
    if not rows:
        return 0
    oldest: dict[int, int] = {}
    for collection, added_at in rows:
        oldest[collection] = min(added_at, oldest.get(collection, added_at))
    collections = list(Collection.objects.select_for_update().filter(pk__in=oldest).order_by("pk"))
    told = who_had(oldest)
    gone = let_go(holds)
    data = {
        "why": why,
        "collections": sorted(str(collection.uuid) for collection in collections),
        "objects": gone,
        "partners": list(told.partners),
        "programs": list(told.programs),
    }
    record(kinds.WITHDRAWN, case, by=by, at=at, data=data)
    return gone


def who_had(oldest: dict[int, int], *, wanting: Many[str] = ()) -> Told:
    """Return whose programs read one of the collections since the moment (ms) given for each.

    *wanting*: of these options, of which they want one; the others never read what is under them.
    """
    wanted = [Q(**{f"token__partner__options__{gate}": True}) for gate in wanting]
    theirs = reduce(or_, wanted, Q())
    pulls: set[tuple[str, str]] = set()
    for collection, added_at in oldest.items():
        minute = datetime.fromtimestamp(added_at // 60_000 * 60, tz=UTC)
        pulls |= set(
            Pull.objects.filter(theirs, collection=collection, minute__gte=minute).values_list(
                "token__partner__identifier", "token__prefix"
            )
        )
    return Told(
        partners=tuple(sorted({partner for partner, _prefix in pulls})),
        programs=tuple(sorted({prefix for _partner, prefix in pulls})),
    )


def let_go(holds: QuerySet[ShareHold]) -> int:
    """End *holds*; rows that nobody holds any more go, and older versions show again."""
    shares = list(holds.values_list("share", flat=True))
    holds.delete()
    still = ShareHold.objects.filter(share=OuterRef("pk"))
    orphans = Share.objects.filter(pk__in=shares).filter(~Exists(still))
    lost = set(orphans.filter(is_latest=True).values_list("collection", "stix_id"))
    gone = orphans.delete()[1].get("api.Share", 0)
    left = Share.objects.filter(
        collection__in={collection for collection, _id in lost},
        stix_id__in={stix_id for _collection, stix_id in lost},
    )
    newest: dict[tuple[int, str], int] = {}
    for pk, collection, stix_id in left.order_by("version").values_list(
        "pk", "collection", "stix_id"
    ):
        if (collection, stix_id) in lost:
            newest[collection, stix_id] = pk
    Share.objects.filter(pk__in=newest.values()).update(is_latest=True)
    return gone


def _consent_withdrawn(case: Incident, at: datetime) -> None:
    """Somebody took back a consent: if it is the one to share, everything of the case goes."""
    if refused(case, About.SHARING):
        withdraw(case, why="consent", by=SYSTEM, at=at)


def _tlp_raised(case: Incident, at: datetime) -> None:
    """Every row bears the old marking, so every row goes; the case may be released again."""
    withdraw(case, why="tlp", by=SYSTEM, at=at)


def _restricted(case: Incident, at: datetime) -> None:
    withdraw(case, why="restricted", by=SYSTEM, at=at)


def _judged(observable: Observable, at: datetime) -> None:
    """A released value turns out to be the victim's own: nothing of the case may name it.

    Nor may a version that is revoked, or one that stands among older ones. What was chosen for a
    value that is no indicator any more is forgotten: it would hold for it later.
    """
    if observable.role == ObservableRole.INDICATOR:
        return
    chosen = Choices.objects.select_for_update().filter(incident=observable.incident_id).first()
    if chosen is not None and chosen.values.pop(str(observable.uuid), None):
        chosen.version += 1
        chosen.save(update_fields=["values", "version"])
    if observable.role != ObservableRole.VICTIM:
        return
    shares = Share.objects.filter(holds__incident=observable.incident_id, type__in=NAMED_BY_VALUE)
    name = observable.value[:LONGEST_NAME]
    if any(json.loads(text)["name"] == name for text in shares.values_list("bytes", flat=True)):
        withdraw(observable.incident, why="victim", by=SYSTEM, at=at)


def forget(case: Incident, at: datetime) -> None:
    """What partners could read goes, and the texts that were prepared or approved with it.

    An approval stays, with the hash of its text: it says who let what leave, and when. What partners
    sent about the case goes too.
    """
    withdraw(case, why="erased", by=SYSTEM, at=at)
    Push.objects.filter(incident=case).delete()
    Choices.objects.filter(incident=case).delete()
    Preview.objects.filter(incident=case, release=None).delete()
    Preview.objects.filter(incident=case).update(bytes="", held_back=[], facts="", error="")


def close_gates(collection: Collection, gates: Many[str], *, by: Actor, at: datetime) -> int:
    """Take out of a locked *collection* all that it held under options that it has no more.

    Other collections keep theirs, and so does the case its identifiers: with the option again, a next
    release puts them back. Returns how many rows went.
    """
    drawn = Q(pk__in=[])
    for gate in gates:
        drawn |= Q(key__startswith=f"{gate}/") | Q(key__startswith=f"{REVOKED}{gate}/")
    theirs = Q(stix_id__in=SharedObject.objects.filter(drawn).values("stix_id"))
    rows = Share.objects.filter(Q(gate__in=gates) | theirs, collection=collection)
    oldest = rows.aggregate(first=Min("added_at"))["first"]
    if oldest is None:
        return 0
    told = who_had({collection.pk: oldest}, wanting=gates)
    gone = rows.delete()[1].get("api.Share", 0)
    data = {
        "why": "option",
        "collections": [str(collection.uuid)],
        "objects": gone,
        "partners": list(told.partners),
        "programs": list(told.programs),
    }
    record(kinds.WITHDRAWN, collection, by=by, at=at, data=data)
    return gone


def _partner_disabled(partner: Partner, at: datetime) -> None:
    """What was named for this partner alone goes; it never comes back by itself."""
    readers = CollectionAccess.objects.filter(
        collection=OuterRef("pk"), can_read=True, partner__active=True
    ).exclude(partner=partner)
    alone = list(
        Collection.objects.select_for_update(of=("self",))
        .filter(audience=Collection.Audience.NAMED, access__partner=partner, inbox_of=None)
        .filter(~Exists(readers))
        .order_by("pk")
    )
    rows = Share.objects.filter(collection__in=alone)
    if alone and rows.exists():
        oldest = {collection.pk: 0 for collection in alone}
        told = who_had(oldest)
        gone = rows.delete()[1].get("api.Share", 0)
        data = {
            "why": "partner",
            "collections": sorted(str(collection.uuid) for collection in alone),
            "objects": gone,
            "partners": list(told.partners),
            "programs": list(told.programs),
        }
        record(kinds.WITHDRAWN, partner, by=SYSTEM, at=at, data=data)
    CollectionAccess.objects.filter(partner=partner).exclude(
        collection__audience__in=[Collection.Audience.CLEAR, Collection.Audience.GREEN]
    ).exclude(collection__inbox_of=partner).delete()
