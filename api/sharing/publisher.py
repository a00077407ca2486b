"""The publisher: reads the journal, and writes approved text into ``Share``, that text or nothing.

Of a revocation it makes the text itself: what was last released, with ``revoked``. A small release is published in the consumer's own transaction. A large one goes on in a job, a
slice of 500 at a time, because no two objects of a collection share a millisecond and none is
dated in the future. Locks: the case, then its collections by key; a withdrawal takes the same.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection
from django.utils.translation import gettext_noop

from api.models import Collection, Preview, Release, Share, SharedObject, ShareHold
from api.sharing import kinds
from api.sharing.facts import facts_of, refuse_unless_releasable, wants_of
from api.sharing.moments import milliseconds
from api.sharing.previews import refuse_unless_they_may, revoked_since, sha256_of
from api.sharing.withdrawal import let_go
from api.stix import writing
from api.stix.case import gate_of, used_up
from csirt.journal import change, consumers, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Event
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import DeskError
from incidents.domain.lifecycle import UNDO_FOR
from incidents.models import Incident

log = structlog.get_logger()

NAME = "api.publisher"
SLICE = 500  # objects of one collection in one transaction

NOT_THE_TEXT = gettext_noop("Le texte n'est pas celui qui a été approuvé : rien n'a été publié.")
CASE_CHANGED = gettext_noop("Le dossier a changé après l'approbation : rien n'a été publié.")
CLOCK = gettext_noop("L'horloge de la base a reculé : la publication n'est pas terminée.")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def register() -> None:
    """Read releases and revocations; called when the app is ready."""
    consumers.register(NAME, publish, kinds=[kinds.RELEASED.name, kinds.REVOKED.name])


def publish(event: Event) -> None:
    """Publish the release that *event* announces, or its first slice and a job for the rest.

    A release waits until it cannot be taken back any more: a job publishes it then.
    """
    from api.sharing.tasks import publish_rest

    if event.kind == kinds.REVOKED.name:
        _write_revocation(UUID(event.object_id), event.data.get("objects", []))
    due = event.at + UNDO_FOR
    if event.kind == kinds.RELEASED.name and due > read_clock():
        publish_rest.using(run_after=due).enqueue(event.object_id, event.seq)
        return
    _added, done = publish_slice(release=UUID(event.object_id), seq=event.seq)
    if not done:
        publish_rest.enqueue(event.object_id, event.seq)


@change
def _write_revocation(release: UUID, ids: list[str]) -> None:
    """Make the text of a revocation from the newest texts of what was wrong; again: nothing."""
    row = Release.objects.select_related("preview").get(uuid=release)
    preview = row.preview
    if row.state != Release.State.QUEUED or preview.status != Preview.Status.QUEUED:
        return
    shares = Share.objects.filter(holds__incident=row.incident_id, stix_id__in=ids)
    newest = {share.stix_id: json.loads(share.bytes) for share in shares.order_by("version", "pk")}
    at = read_clock()
    revoked = [writing.revoked(newest[found], milliseconds(at)) for found in ids if found in newest]
    if not revoked:  # taken back in the meantime
        _end(row, Release.State.WITHDRAWN)
        return
    preview.bytes = writing.bundle([writing.built(obj) for obj in revoked])
    preview.sha256 = row.sha256 = sha256_of(preview.bytes)
    preview.objects_count = len(revoked)
    preview.status, preview.finished_at = Preview.Status.READY, at
    preview.save()
    row.save(update_fields=["sha256"])


@dataclass(frozen=True)
class Line:
    """One object of the approved text; ``version`` is empty for what is only observed."""

    stix_id: str
    type: str
    version: str
    content: str
    revoked: bool
    text: str


def read(text: str) -> list[Line]:
    """Return the objects of an approved bundle, each with its exact text."""
    lines = []
    for line in writing.lines_of(text):
        obj = json.loads(line)
        lines.append(
            Line(
                stix_id=obj["id"],
                type=obj["type"],
                version=obj.get("modified") or obj.get("created") or "",
                content=writing.content_of(obj),
                revoked=obj.get("revoked", False),
                text=line,
            )
        )
    return lines


@change
def publish_slice(*, release: UUID, seq: int) -> tuple[int, bool]:
    """Write up to ``SLICE`` rows in each collection; returns how many, and whether all is done.

    Doing it again adds nothing. When the text is not the approved one, the case changed, or
    something of it may not leave, the release fails and nothing is written.
    """
    found = Release.objects.filter(uuid=release).values_list("incident", flat=True).first()
    if found is None:  # undone, and approved anew
        return 0, True
    owner = Incident.objects.get(pk=found)
    case = Incident.locked(owner.uuid)
    row = (
        Release.objects.select_for_update(of=("self",)).select_related("preview").get(uuid=release)
    )
    if row.state != Release.State.QUEUED or _may_be_undone(row):
        return 0, True
    lines = read(row.preview.bytes)
    revoked = [line for line in lines if line.revoked]
    readers = set(row.collections.values_list("pk", flat=True))
    locked = Collection.objects.select_for_update().filter(pk__in=readers | _elsewhere(revoked))
    collections = list(locked.order_by("pk"))
    if problem := _problem(row, case, [one for one in collections if one.pk in readers]):
        _end(row, Release.State.FAILED, problem)
        record(kinds.FAILED, row, by=SYSTEM, at=read_clock(), data={"sha256": row.sha256})
        return 0, True
    gates = _gates(lines)
    total, done = 0, True
    for collection in collections:
        open_to = {"", *wants_of([collection])}
        theirs = [line for line in lines if gates.get(line.stix_id, "") in open_to]
        if collection.pk not in readers:
            theirs = revoked
        added, complete = _fill(collection, theirs, row, seq, gates)
        total, done = total + added, done and complete
    if done:
        _complete(row, case, collections, readers, lines)
    return total, done


def _elsewhere(revoked: list[Line]) -> set[int]:
    """Return every collection that still gives one of *revoked*: what is wrong is wrong everywhere."""
    ids = [line.stix_id for line in revoked]
    rows = Share.objects.filter(stix_id__in=ids, is_latest=True)
    return set(rows.values_list("collection", flat=True))


def _gates(lines: list[Line]) -> dict[str, str]:
    """Return, by id, the option that a collection needs to hold an object, where it needs one."""
    drawn = SharedObject.objects.filter(stix_id__in=[line.stix_id for line in lines])
    keys = drawn.values_list("stix_id", "key")
    return {stix_id: gate for stix_id, key in keys if (gate := gate_of(key))}


def _may_be_undone(row: Release) -> bool:
    """Tell whether the ten seconds are not over: the job of that approval comes at its own time."""
    return row.preview.purpose == Preview.Purpose.RELEASE and row.at + UNDO_FOR > read_clock()


def _problem(row: Release, case: Incident, collections: list[Collection]) -> str:
    """Return the sentence why nothing may be published, or nothing."""
    if sha256_of(row.preview.bytes) != row.sha256:
        return NOT_THE_TEXT
    if row.preview.purpose == Preview.Purpose.REVOCATION:
        return ""
    try:
        refuse_unless_releasable(case)
        refuse_unless_they_may(case, collections)
    except DeskError as error:
        return str(error)
    facts = facts_of(case, collections)
    if revoked_since(row.preview) or facts.digest != row.preview.facts:
        return CASE_CHANGED
    return ""


def _fill(
    collection: Collection,
    lines: list[Line],
    release: Release,
    seq: int,
    gates: Mapping[str, str],
) -> tuple[int, bool]:
    """Add what *collection* does not have yet, as far as its clock goes."""
    known: dict[str, list[Share]] = {}
    for share in Share.objects.filter(
        collection=collection, stix_id__in=[line.stix_id for line in lines]
    ).defer("bytes"):
        known.setdefault(share.stix_id, []).append(share)
    held, missing = [], []
    for line in lines:
        rows, gate = known.get(line.stix_id, []), gates.get(line.stix_id, "")
        for share in rows if gate else ():
            if (
                share.gate != gate
            ):  # published by a release of the desk that knew no options of partners
                share.gate = gate
                share.save(update_fields=["gate"])
        same = _same(line, rows)
        if same is not None:
            held.append(same)
        elif rows or not line.revoked:  # what a collection never had is not revoked in it
            missing.append(line)
    now = database_milliseconds()
    count = max(0, min(SLICE, len(missing), now - collection.last_added_at))
    start = max(collection.last_added_at + 1, now - count + 1)
    fresh = [
        Share(
            collection=collection,
            stix_id=line.stix_id,
            type=line.type,
            version=line.version or iso(start + place),
            bytes=line.text,
            content=line.content,
            added_seq=seq,
            added_at=start + place,
            gate=gates.get(line.stix_id, ""),
            release=release,
        )
        for place, line in enumerate(missing[:count])
    ]
    _insert(fresh, known)
    if fresh:
        collection.last_added_at = fresh[-1].added_at
        collection.save(update_fields=["last_added_at"])
    ShareHold.objects.bulk_create(
        [ShareHold(share=share, incident=release.incident_id) for share in [*held, *fresh]],
        batch_size=500,
        ignore_conflicts=True,
    )
    return len(fresh), len(missing) == count


def _same(line: Line, rows: list[Share]) -> Share | None:
    """Return the row that already says this. Something observed may be said by any case."""
    if not line.version:
        return next((row for row in rows if row.content == line.content), None)
    return next(
        (
            row
            for row in rows
            if row.version == line.version or (row.is_latest and row.content == line.content)
        ),
        None,
    )


def _insert(fresh: list[Share], known: dict[str, list[Share]]) -> None:
    """Insert rows; the newest version of each object is its latest, and the only one."""
    overtaken = []
    for share in fresh:
        latest = next((row for row in known.get(share.stix_id, []) if row.is_latest), None)
        share.is_latest = latest is None or share.version > latest.version
        if share.is_latest and latest is not None:
            overtaken.append(latest.pk)
    Share.objects.filter(pk__in=overtaken).update(is_latest=False)
    Share.objects.bulk_create(fresh, batch_size=500)


def _complete(
    row: Release,
    case: Incident,
    collections: list[Collection],
    readers: set[int],
    lines: list[Line],
) -> None:
    """Remember what was released, let go of what the case does not show any more, and say so."""
    of_id = {line.stix_id: line for line in lines}
    ours = list(SharedObject.objects.filter(stix_id__in=of_id))
    for item in ours:
        line = of_id[item.stix_id]
        item.content, item.modified = line.content, line.version
        if line.revoked:
            item.key = used_up(item.key, item.stix_id)
    SharedObject.objects.bulk_update(ours, ["content", "modified", "key"], batch_size=200)
    if row.preview.purpose == Preview.Purpose.RELEASE:
        drawn = SharedObject.objects.filter(incident=case).values("stix_id")
        let_go(
            ShareHold.objects.filter(incident=case.pk, share__collection__in=readers)
            .exclude(share__stix_id__in=list(of_id))
            .exclude(share__stix_id__in=drawn)
            .exclude(share__type="marking-definition")
        )
    _end(row, Release.State.PUBLISHED)
    data = {
        "sha256": row.sha256,
        "collections": sorted(str(collection.uuid) for collection in collections),
        "added": Share.objects.filter(release=row).count(),
    }
    record(kinds.PUBLISHED, row, by=SYSTEM, at=read_clock(), data=data)


def _end(row: Release, state: str, error: str = "") -> None:
    row.state, row.error, row.ended_at = state, error[:300], read_clock()
    row.version += 1
    row.save()


@change
def give_up(*, release: UUID) -> None:
    """Say that the database's clock went back and does not catch up."""
    row = Release.objects.select_for_update().get(uuid=release)
    if row.state != Release.State.QUEUED:
        return
    log.error("publisher.clock_set_back", release=str(release))
    _end(row, Release.State.FAILED, CLOCK)
    data = {"sha256": row.sha256, "why": "clock"}
    record(kinds.FAILED, row, by=SYSTEM, at=read_clock(), data=data)


def database_milliseconds() -> int:
    """Return the database's clock in whole milliseconds since 1970: one clock for all writers."""
    if connection.vendor == "postgresql":
        query = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    else:
        query = (
            "SELECT CAST(strftime('%%s', 'now') AS INTEGER) * 1000"
            " + CAST(substr(strftime('%%f', 'now'), 4, 3) AS INTEGER)"
        )
    with connection.cursor() as cursor:
        cursor.execute(query, [])
        return int(cursor.fetchone()[0])


def iso(milliseconds: int) -> str:
    """Write milliseconds since 1970 as a version: RFC 3339, UTC, whole milliseconds."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03}Z"
