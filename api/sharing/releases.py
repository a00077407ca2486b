"""Releasing: somebody approves exact bytes for named collections; and taking it back."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from api.models import Collection, Preview, Release, Share, SharedObject, ShareHold
from api.sharing import kinds, rules
from api.sharing.facts import facts_of, refuse_unless_releasable
from api.sharing.previews import refuse_unless_they_may, revoked_since, sha256_of
from api.sharing.withdrawal import withdraw
from api.stix.case import REVOKED, used_up
from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.tlp import Tlp
from incidents.domain.lifecycle import UNDO_FOR
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
    if known is not None and known.state != Release.State.UNDONE:
        return known
    refuse_unless_releasable(case)
    collections = list(row.collections.order_by("pk"))
    refuse_unless_they_may(case, collections)
    _refuse_unless_may_release(by, case)
    if revoked_since(row) or facts_of(case, collections).digest != row.facts:
        raise Conflict(
            "Le dossier a changé depuis l'aperçu. Refaites-le, puis relisez-le.", code="changed"
        )
    if known is not None:
        known.delete()  # it published nothing; the journal says that it was, and was taken back
    release = _release(row, case, collections, by, now)
    data = {
        "sha256": release.sha256,
        "collections": sorted(str(collection.uuid) for collection in collections),
        "tlp": release.tlp,
    }
    record(kinds.RELEASED, release, by=by, at=now, data=data)
    return release


@change
def undo(*, release: UUID, by: Person, now: datetime) -> Release:
    """Take an approval back within ten seconds, by who gave it: nothing has been published by then.

    Raises ``NotFound``, ``Invalid`` when it is too late, or somebody else's.
    """
    found = Release.objects.filter(uuid=release).select_related("incident").first()
    if found is None:
        raise NotFound
    worked_case(by, found.incident.uuid, None)
    row = Release.objects.select_for_update(of=("self",)).select_related("preview").get(pk=found.pk)
    mine = row.by_id == by.user_id and row.preview.purpose == Preview.Purpose.RELEASE
    if not mine or row.state != Release.State.QUEUED or not now - UNDO_FOR <= row.at <= now:
        raise Invalid("Il est trop tard pour annuler. Retirez la diffusion.", code="too-late")
    row.state, row.ended_at = Release.State.UNDONE, now
    row.version += 1
    row.save()
    record(kinds.RELEASE_UNDONE, row, by=by, at=now, data={"sha256": row.sha256})
    return row


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
    """Say that a released object was wrong; from here on no collection gives it as the latest.

    Its relationships and its sighting go with it. The publisher then adds the versions that say ``revoked``.
    Raises ``NotFound`` when the case shares no such object.
    """
    case = worked_case(by, incident, None)
    subject = (
        SharedObject.objects.filter(incident=case, stix_id=stix_id)
        .exclude(key__startswith=REVOKED)
        .first()
    )
    if subject is None or subject.key.partition(":")[0] not in {"indicator", "vulnerability"}:
        raise NotFound
    links = SharedObject.objects.filter(incident=case).filter(
        Q(stix_id__startswith="relationship--") | Q(stix_id__startswith="sighting--")
    )
    wrong = [subject, *(row for row in links.order_by("pk") if subject.key in row.key)]
    shared = Share.objects.filter(
        holds__incident=case.pk, stix_id__in=[row.stix_id for row in wrong], is_latest=True
    )
    found = set(shared.values_list("stix_id", flat=True))
    if stix_id not in found:
        raise NotFound
    collections = list(
        Collection.objects.select_for_update()
        .filter(pk__in=shared.values("collection"))
        .order_by("pk")
    )
    Share.objects.filter(pk__in=list(shared.values_list("pk", flat=True))).update(is_latest=False)
    for row in wrong:
        row.key = used_up(row.key, row.stix_id)
    SharedObject.objects.bulk_update(wrong, ["key"], batch_size=200)
    preview = Preview.objects.create(
        incident=case,
        requested_by=User.objects.get(pk=by.user_id),
        purpose=Preview.Purpose.REVOCATION,
        created_at=now,
    )
    preview.collections.set(collections)
    release = _release(preview, case, collections, by, now)
    data = {
        "object": stix_id,
        "objects": [row.stix_id for row in wrong if row.stix_id in found],
        "collections": sorted(str(collection.uuid) for collection in collections),
    }
    record(kinds.REVOKED, release, by=by, at=now, data=data)
    return release


def is_shared(case: Incident) -> bool:
    """Tell whether anything of *case* is in a collection now."""
    return ShareHold.objects.filter(incident=case.pk).exists()
