"""Releasing: somebody approves exact bytes for named collections; and taking it back."""

import json
from datetime import datetime
from uuid import UUID

from api.models import Collection, Preview, Release, Share, SharedObject, ShareHold
from api.sharing import kinds, rules
from api.sharing.facts import facts_of, milliseconds, refuse_unless_releasable
from api.sharing.previews import REVOKED, refuse_unless_they_may, sha256_of
from api.sharing.withdrawal import withdraw
from api.stix import objects
from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, NotAllowed, NotFound
from csirt.kernel.tlp import Tlp
from incidents.models import Incident
from incidents.services.loading import worked_case


@change
def approve(*, preview: UUID, sha256: str, by: Person, now: datetime) -> Release:
    """Give one's word that the text of this SHA-256 may leave; the publisher writes it.

    Approving the same preview again gives the same release. Raises ``NotFound`` for a case that
    *by* does not see, ``NotAllowed`` for a TLP above what *by* may release, ``Conflict`` when the
    text is not ready, is not the one of *sha256*, or the case changed since it was made.
    """
    row = Preview.objects.filter(uuid=preview).select_related("incident").first()
    if row is None:
        raise NotFound
    case = worked_case(by, row.incident.uuid, None)
    row = Preview.objects.select_for_update().get(pk=row.pk)
    if row.status != Preview.Status.READY:
        raise Conflict("L'aperçu n'est pas prêt.", code="not-ready", state=row.status)
    if sha256 != row.sha256 or sha256_of(row.bytes) != row.sha256:
        raise Conflict(
            "Ce n'est pas le texte que vous avez lu. Refaites l'aperçu.", code="other-bytes"
        )
    known = Release.objects.filter(preview=row).first()
    if known is not None:
        return known
    refuse_unless_releasable(case)
    collections = list(row.collections.order_by("pk"))
    refuse_unless_they_may(case, collections)
    _refuse_unless_may_release(by, case)
    if facts_of(case).digest != row.facts:
        raise Conflict(
            "Le dossier a changé depuis l'aperçu. Refaites-le, puis relisez-le.", code="changed"
        )
    release = _release(row, case, collections, by, now)
    data = {
        "sha256": release.sha256,
        "collections": sorted(str(collection.uuid) for collection in collections),
        "tlp": release.tlp,
    }
    record(kinds.RELEASED, release, by=by, at=now, data=data)
    return release


def _refuse_unless_may_release(by: Person, case: Incident) -> None:
    if not rules.may_release(by.role, Tlp(case.tlp)):
        raise NotAllowed("Seul un responsable peut diffuser du %(tlp)s.", tlp=Tlp(case.tlp).label)


def _release(
    preview: Preview, case: Incident, collections: list[Collection], by: Person, now: datetime
) -> Release:
    release = Release.objects.create(
        incident=case,
        preview=preview,
        sha256=preview.sha256,
        tlp=case.tlp,
        by=User.objects.get(pk=by.user_id),
        at=now,
    )
    release.collections.set(collections)
    return release


@change
def unrelease(*, incident: UUID, by: Person, now: datetime) -> int:
    """Take everything of a case out of every collection at once; returns how many rows went."""
    case = worked_case(by, incident, None)
    return withdraw(case, why="person", by=by, at=now)


@change
def revoke(*, incident: UUID, stix_id: str, by: Person, now: datetime) -> Release:
    """Say that a released object was wrong: it leaves again, revoked, wherever it is.

    Its relationships are revoked with it. Raises ``NotFound`` when the case shares no such object.
    """
    case = worked_case(by, incident, None)
    subject = (
        SharedObject.objects.filter(incident=case, stix_id=stix_id)
        .exclude(key__startswith=REVOKED)
        .first()
    )
    if subject is None or subject.key.partition(":")[0] not in {"indicator", "vulnerability"}:
        raise NotFound
    links = SharedObject.objects.filter(incident=case, stix_id__startswith="relationship--")
    wanted = [stix_id, *(row.stix_id for row in links if subject.key in row.key)]
    rows = list(
        Share.objects.filter(holds__incident=case.pk, stix_id__in=wanted, is_latest=True)
        .order_by("pk")
        .select_related("collection")
    )
    texts = {row.stix_id: json.loads(row.bytes) for row in rows}
    if stix_id not in texts:
        raise NotFound
    moment = milliseconds(now)
    text = objects.bundle([objects.built(objects.revoked(obj, moment)) for obj in texts.values()])
    collections = sorted({row.collection for row in rows}, key=lambda collection: collection.pk)
    preview = Preview.objects.create(
        incident=case,
        requested_by=User.objects.get(pk=by.user_id),
        purpose=Preview.Purpose.REVOCATION,
        status=Preview.Status.READY,
        bytes=text,
        sha256=sha256_of(text),
        objects_count=len(texts),
        created_at=now,
        finished_at=now,
    )
    preview.collections.set(collections)
    release = _release(preview, case, collections, by, now)
    data = {
        "sha256": release.sha256,
        "object": stix_id,
        "collections": sorted(str(collection.uuid) for collection in collections),
    }
    record(kinds.REVOKED, release, by=by, at=now, data=data)
    return release


def is_shared(case: Incident) -> bool:
    """Tell whether anything of *case* is in a collection now."""
    return ShareHold.objects.filter(incident=case.pk).exists()
