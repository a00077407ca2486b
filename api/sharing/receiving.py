"""What a partner's program sends to its inbox: kept apart by source, and read by nobody's program.

An identifier of ours, or of another partner, overwrites nothing: rows of an inbox stand beside
nothing else. A job then looks at each object; what is not STIX goes, with its reason.
"""

import json
from collections.abc import Collection as Many
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from api.models import Collection, CollectionAccess, Partner, Push, SharedObject, Status
from api.sharing import kinds
from csirt.accounts.principals import Machine
from csirt.journal import change, record
from csirt.journal.change import Actor
from csirt.journal.epoch import SYSTEM
from csirt.kernel.errors import NotFound, Unavailable
from csirt.kernel.tlp import Tlp
from incidents.models import Incident

MOST_WAITING = 20_000  # objects of one partner that nobody has decided about
KEPT = timedelta(hours=24)  # a status after its end (TAXII 2.1, section 4.3)
# opinion-enum of STIX 2.1, section 10.15.
OPINIONS = {
    "strongly-disagree": _("pas du tout d'accord"),
    "disagree": _("pas d'accord"),
    "neutral": _("sans avis"),
    "agree": _("d'accord"),
    "strongly-agree": _("tout à fait d'accord"),
}
_OPEN = (Push.Status.UNCHECKED, Push.Status.QUARANTINED)


@dataclass(frozen=True)
class Received:
    """One object as it was sent; ``version`` is empty for what is only observed."""

    stix_id: str
    type: str
    version: str
    text: str
    tlp: Tlp


class Full(Unavailable):
    """Too much of this partner's waits for an analyst."""


def open_inbox(partner: Partner, *, by: Actor, now: datetime) -> Collection:
    """Return the partner's inbox, made when there was none; used inside a change."""
    found = Collection.objects.filter(inbox_of=partner).first()
    if found is None:
        alias = f"depot-{partner.identifier}"
        if Collection.objects.filter(alias=alias).exists():
            alias = f"depot-{partner.uuid}"
        found = Collection.objects.create(
            alias=alias,
            title=f"Dépôt de {partner.name}"[:160],
            tlp=Tlp.AMBER_STRICT,
            audience=Collection.Audience.NAMED,
            inbox_of=partner,
            created_at=now,
        )
        data = {"identifier": partner.identifier}
        record(kinds.INBOX_OPENED, partner, by=by, at=now, data=data)
    CollectionAccess.objects.update_or_create(
        collection=found, partner=partner, defaults={"can_read": True, "can_write": True}
    )
    return found


@change
def receive(
    *,
    collection: UUID,
    objects: Many[Received],
    failures: list[dict[str, str]],
    by: Machine,
    now: datetime,
) -> Status:
    """Keep *objects* in the inbox of *by* until a job has looked at them; returns the status.

    What is there already is a success and adds nothing. Raises ``NotFound`` when the inbox is not
    (or no longer) theirs to write to, ``Full`` when too much waits.
    """
    from api.sharing.tasks import check_received

    inbox = _inbox(collection, by)
    Status.objects.filter(partner=by.partner_id, expires_at__lte=now).delete()
    waiting = Push.objects.filter(partner=by.partner_id, status__in=_OPEN).count()
    if waiting + len(objects) > MOST_WAITING:
        raise Full("Trop d'objets attendent déjà d'être examinés.")
    rows: dict[tuple[str, str], Push] = {}
    known, there = [], _there(inbox, objects)
    at = max(inbox.last_added_at, int(now.timestamp() * 1000))
    for obj in objects:
        key = (obj.stix_id, obj.version or obj.text)
        if key in there or key in rows:
            known.append(_line(obj.stix_id, obj.version, "Already here."))
            continue
        at += 1
        rows[key] = Push(
            partner_id=by.partner_id,
            collection=inbox,
            stix_id=obj.stix_id,
            type=obj.type,
            version=obj.version or _iso(at),
            bytes=obj.text,
            tlp=obj.tlp,
            added_at=at,
            received_at=now,
        )
    fresh = list(rows.values())
    post = Status.objects.create(
        partner_id=by.partner_id,
        collection=inbox,
        status="pending" if fresh else "complete",
        requested_at=now,
        total_count=len(objects) + len(failures),
        successes=known,
        failures=failures,
        pendings=[_line(row.stix_id, row.version) for row in fresh],
        expires_at=now + KEPT,
    )
    for row in fresh:
        row.post = post
    Push.objects.bulk_create(fresh, batch_size=500)
    _settle_latest(inbox, {row.stix_id for row in fresh})
    if fresh:
        inbox.last_added_at = at
        inbox.save(update_fields=["last_added_at"])
        check_received.enqueue(str(post.uuid))
    data = {"collection": inbox.alias, "objects": len(fresh), "refused": len(failures)}
    record(kinds.PUSHED, post, by=by, at=now, data=data)
    return post


def _inbox(collection: UUID, by: Machine) -> Collection:
    inbox = (
        Collection.objects.select_for_update(of=("self",))
        .filter(uuid=collection, inbox_of=by.partner_id, access__partner=by.partner_id)
        .filter(access__can_write=True)
        .first()
    )
    if inbox is None:
        raise NotFound
    return inbox


def _there(inbox: Collection, objects: Many[Received]) -> set[tuple[str, str]]:
    """Return what the inbox holds of *objects*: by version, or by text where there is none."""
    ids = list({obj.stix_id for obj in objects})
    found: set[tuple[str, str]] = set()
    for start in range(0, len(ids), 500):
        rows = Push.objects.filter(collection=inbox, stix_id__in=ids[start : start + 500])
        for stix_id, version, text in rows.values_list("stix_id", "version", "bytes"):
            found |= {(stix_id, version), (stix_id, text)}
    return found


def _line(stix_id: str, version: str, message: str = "") -> dict[str, str]:
    line = {"id": stix_id, "version": version, "message": message}
    return {name: value for name, value in line.items() if value}


def _iso(ms: int) -> str:
    from api.taxii.moments import EPOCH

    return (EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds") + "Z"


def _settle_latest(inbox: Collection, ids: Many[str]) -> None:
    """Have the newest version of each of *ids* be its latest, and the only one."""
    newest: dict[str, int] = {}
    listed = list(ids)
    for start in range(0, len(listed), 500):
        rows = Push.objects.filter(collection=inbox, stix_id__in=listed[start : start + 500])
        newest |= dict(rows.order_by("version", "pk").values_list("stix_id", "pk"))
        rows.update(is_latest=False)
    keys = list(newest.values())
    for start in range(0, len(keys), 500):
        Push.objects.filter(pk__in=keys[start : start + 500]).update(is_latest=True)


@change
def remove(
    *, collection: UUID, stix_id: str, versions: Many[str], by: Machine, now: datetime
) -> int:
    """Take one's own object out of one's inbox; returns how many versions went.

    *versions*: ``all``, ``first``, ``last``, or versions as they are kept. What an analyst took
    into a case stays there. Raises ``NotFound`` when there is nothing of it.
    """
    inbox = _inbox(collection, by)
    rows = Push.objects.filter(collection=inbox, stix_id=stix_id)
    ordered = list(rows.order_by("version", "pk").values_list("pk", "version"))
    if not ordered:
        raise NotFound
    ends = {"first": ordered[0][0], "last": ordered[-1][0]}
    wanted = {ends[version] for version in versions if version in ends}
    wanted |= {pk for pk, version in ordered if "all" in versions or version in versions}
    gone, _ = Push.objects.filter(pk__in=wanted).delete()
    _settle_latest(inbox, [stix_id])
    if gone:
        data = {"object": stix_id, "count": gone}
        record(kinds.PUSH_REMOVED, inbox, by=by, at=now, data=data)
    return gone


@change
def settle(*, post: UUID, findings: Mapping[int, str], now: datetime) -> Status:
    """End a post: what has a finding (by key) goes, the rest waits for an analyst.

    A sighting of an indicator of ours, or an opinion about an object of ours, is told on its case.
    Done again it changes nothing.
    """
    waiting = Push.objects.filter(post__uuid=post, status=Push.Status.UNCHECKED)
    about = _told_of(waiting.exclude(pk__in=list(findings)))
    locked = Incident.objects.select_for_update(no_key=True)
    cases = {row.pk: row for row in locked.filter(pk__in=about.values()).order_by("pk")}
    row = Status.objects.select_for_update().get(uuid=post)
    if row.status == "complete":
        return row
    for push in waiting.select_related("partner").order_by("pk"):
        if push.pk in findings:
            row.failures.append(_line(push.stix_id, push.version, findings[push.pk][:300]))
            push.delete()
            continue
        row.successes.append(_line(push.stix_id, push.version))
        push.status, push.incident = Push.Status.QUARANTINED, cases.get(about.get(push.pk, 0))
        push.save(update_fields=["status", "incident"])
        if push.incident is not None and push.incident.erased_at is None:
            _tell(push, push.incident, now)
    _settle_latest(row.collection, {line["id"] for line in row.failures if "version" in line})
    row.pendings, row.status, row.expires_at = [], "complete", now + KEPT
    row.save()
    return row


def _told_of(pushes: QuerySet[Push]) -> dict[int, int]:
    """Return, by push, the case whose released object it says it saw, or has an opinion about."""
    refs: dict[int, list[str]] = {}
    for push in pushes.filter(type__in=["sighting", "opinion"]):
        refs[push.pk] = refs_of(push.bytes)
    ours = dict(
        SharedObject.objects.filter(stix_id__in={ref for found in refs.values() for ref in found})
        .exclude(incident=None)
        .exclude(content="")
        .values_list("stix_id", "incident")
    )
    return {
        pk: next(ours[ref] for ref in found if ref in ours)
        for pk, found in refs.items()
        if not ours.keys().isdisjoint(found)
    }


def _tell(push: Push, case: Incident, now: datetime) -> None:
    data: dict[str, Any] = {"partner": push.partner.identifier, "object": push.stix_id}
    if push.type == "sighting":
        data["count"] = seen_count(push.bytes)
        record(kinds.SIGHTED, case, by=SYSTEM, at=now, data=data)
        return
    said = _json(push.bytes).get("opinion")
    data["opinion"] = said if said in OPINIONS else "neutral"
    record(kinds.OPINED, case, by=SYSTEM, at=now, data=data)


def seen_count(text: str) -> int:
    """Return how often a sighting says that something was seen; at least once."""
    count = _json(text).get("count", 1)
    whole = isinstance(count, int) and not isinstance(count, bool)
    return min(max(count, 1), 999_999_999) if whole else 1


def refs_of(text: str) -> list[str]:
    """Return the identifiers of what a sighting or an opinion is about."""
    obj = _json(text)
    refs = obj.get(
        "object_refs"
    )  # a property of a sighting's sender may bear that name, and be anything
    return [str(obj.get("sighting_of_ref")), *(map(str, refs) if isinstance(refs, list) else ())]


def _json(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found
