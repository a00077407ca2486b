"""What the pages of sharing read. Whoever works a visible case sees what of it is shared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils.translation import gettext

from api.models import Collection, Partner, Preview, Pull, Release, Share
from api.sharing import kinds, rules
from api.sharing.reasons import PLAYBOOK, REASONS
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.journal.models import Event
from csirt.kernel.errors import NotFound
from csirt.kernel.tlp import Tlp
from csirt.prepared import Given, prepared
from incidents import queries as cases
from incidents.domain.observables import ObservableType
from incidents.models import Incident

_LISTED = {"indicator", "vulnerability"}
MOST_SHOWN = 10  # releases and previews of a case, newest first


SILENT = timedelta(days=30)


@dataclass(frozen=True)
class Pulled:
    """How much of a collection was read: requests, and the minute of the last."""

    title: str
    requests: int
    last: datetime


@dataclass(frozen=True)
class TakenBack:
    """Objects that a partner had read and that are shared no more."""

    at: datetime
    collections: list[str]  # titles, of those that the partner still sees


def preview_of(principal: Person, preview: UUID) -> tuple[Preview, Incident]:
    """Return a preview and its case; ``NotFound`` unless *principal* works the case."""
    row = Preview.objects.select_related("incident", "requested_by").filter(uuid=preview).first()
    if row is None or not principal.works_cases:
        raise NotFound
    return row, cases.get(principal, row.incident.uuid)


def partners() -> QuerySet[Partner]:
    """Return every partner, with its live tokens and its last pull."""
    return Partner.objects.annotate(
        live_tokens=Count("tokens", filter=Q(tokens__revoked_at=None), distinct=True),
        last_pull=Max("tokens__pulls__minute"),
    ).order_by("-active", "name", "pk")


def partner(uuid: UUID) -> Partner:
    """Return one partner; raises ``NotFound``."""
    row = partners().filter(uuid=uuid).first()
    if row is None:
        raise NotFound
    return row


def is_silent(row: Partner, at: datetime) -> bool:
    """Tell whether an active partner with a live token has not pulled for 30 days.

    *row* comes from ``partners()``.
    """
    last: datetime | None = row.last_pull  # type: ignore[attr-defined]
    since = last or row.created_at
    return row.active and bool(row.live_tokens) and since < at - SILENT  # type: ignore[attr-defined]


def pulled(row: Partner, at: datetime) -> list[Pulled]:
    """Return what a partner's programs read in the last 30 days, by collection."""
    counts = (
        Pull.objects.filter(token__partner=row, minute__gte=at - SILENT)
        .values("collection__title")
        .annotate(requests=Sum("count"), last=Max("minute"))
        .order_by("collection__title")
    )
    return [Pulled(one["collection__title"], one["requests"], one["last"]) for one in counts]


def taken_back(row: Partner, at: datetime) -> list[TakenBack]:
    """Return what was withdrawn after this partner had pulled it, newest first, for 90 days."""
    events = Event.objects.filter(kind=kinds.WITHDRAWN.name, at__gte=at - 3 * SILENT)
    named = {
        str(uuid): title
        for uuid, title in row.access.values_list("collection__uuid", "collection__title")
    }
    return [
        TakenBack(event.at, [named[uuid] for uuid in event.data["collections"] if uuid in named])
        for event in events.order_by("-seq")
        if row.identifier in event.data.get("partners", [])
    ]


def collections() -> QuerySet[Collection]:
    """Return the collections that the desk fills, with how many objects and readers each has."""
    return (
        Collection.objects.filter(inbox_of=None)
        .annotate(readers=Count("access", filter=Q(access__can_read=True), distinct=True))
        .order_by("title", "pk")
    )


def collection(uuid: UUID) -> Collection:
    """Return one of the desk's collections; raises ``NotFound``."""
    row = collections().filter(uuid=uuid).first()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True)
class Choice:
    """A collection offered for a release; ``why`` says in French why it cannot be chosen."""

    collection: Collection
    allowed: bool


def choices_for(case: Incident) -> list[Choice]:
    """Return the collections, and whether the case's TLP may enter each."""
    return [
        Choice(
            found,
            rules.may_enter(Tlp(case.tlp), audience=found.audience, ceiling=Tlp(found.tlp)),
        )
        for found in _collections()()
    ]


_collections = prepared(collections)


@dataclass(frozen=True)
class Shared:
    """An indicator of a case that partners can read now."""

    stix_id: str
    name: str


@dataclass(frozen=True)
class Standing:
    """Where a case stands in sharing, for its panel."""

    refused: str  # the sentence why nothing may leave, or empty
    may_release: bool
    previews: list[Preview]
    releases: list[Release]
    objects: int
    shared: list[Shared]


@prepared
def _held() -> QuerySet[Share]:
    held = Share.objects.filter(holds__incident=Given("case"), is_latest=True)
    return held.order_by("stix_id", "pk")


def standing(principal: Person, case: Incident, refused: str) -> Standing:
    """Return what the panel of a visible case shows."""
    import json

    held = _held()(case=case.pk)
    texts = {row.stix_id: json.loads(row.bytes) for row in held if row.type in _LISTED}
    shared = [
        Shared(stix_id, obj["name"]) for stix_id, obj in texts.items() if not obj.get("revoked")
    ]
    made = (
        Preview.objects.filter(incident=case)
        .filter(Q(purpose=Preview.Purpose.RELEASE) | Q(release__isnull=False))
        .select_related("release__by")
        .prefetch_related("collections", "release__collections")
        .order_by("-created_at")[: 2 * MOST_SHOWN]
    )
    releases = [preview.release for preview in made if hasattr(preview, "release")]
    return Standing(
        refused=refused,
        may_release=rules.may_release(Role(principal.role), Tlp(case.tlp)),
        previews=[preview for preview in made if not hasattr(preview, "release")][:3],
        releases=sorted(releases, key=lambda one: one.at, reverse=True)[:MOST_SHOWN],
        objects=len({row.stix_id for row in held}),
        shared=sorted(shared, key=lambda item: item.name),
    )


def revoked_elsewhere(preview: Preview) -> list[Collection]:
    """Return the other collections that give what the text of *preview* says is wrong."""
    import json

    objects = json.loads(preview.bytes).get("objects", []) if preview.bytes else []
    ids = [obj["id"] for obj in objects if obj.get("revoked")]
    rows = Share.objects.filter(stix_id__in=ids, is_latest=True).values("collection")
    mine = preview.collections.values("pk")
    return list(Collection.objects.filter(pk__in=rows).exclude(pk__in=mine).order_by("title"))


def held_back(preview: Preview) -> list[Mapping[str, str]]:
    """Return what a preview leaves out, each with its sentence."""
    return [
        {
            **item,
            "label": _label(item["type"]),
            "sentence": str(REASONS[item["reason"]]),
        }
        for item in preview.held_back
    ]


def _label(kind: str) -> str:
    return "Playbook" if kind == PLAYBOOK else gettext(ObservableType(kind).label)
