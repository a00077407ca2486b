"""Tags: put on a case, taken off, given another name on every case that bears them."""

import re
from datetime import datetime
from uuid import UUID

from django.db.models import F

from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean_line
from incidents import kinds
from incidents.models import IS_LIVE, Incident, Tag, Tagging
from incidents.queries import tags
from incidents.services.loading import worked_case

LONGEST = 40  # characters
MOST = 12  # on one case
_NAME = re.compile(r"[^\W_](?:[\w.+/-]*\w)?")


def name_of(text: str) -> str:
    """Return how a tag is written: lower case, a hyphen for each space; raises ``Invalid``."""
    name = clean_line(text).lstrip("#").strip().lower().replace(" ", "-")
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise Invalid(
            "Cette étiquette ne convient pas.",
            fields={"name": "Des lettres, des chiffres et des tirets, 40 au plus : lockbit-3."},
        )
    return name


@change
def tag(*, incident: UUID, by: Person, name: str, now: datetime) -> Incident:
    """Put a tag on a case, made if it is new; twice is once."""
    case = worked_case(by, incident, None)
    name = name_of(name)
    row, _made = Tag.objects.get_or_create(name=name)
    here = Tagging.objects.filter(incident=case)
    if here.filter(tag=row).exists():
        return case
    if here.count() >= MOST:
        raise Invalid(
            "Ce dossier a déjà douze étiquettes.", fields={"name": "Retirez-en une d'abord."}
        )
    Tagging.objects.create(incident=case, tag=row)
    case.store(now)
    record(kinds.TAGGED, case, by=by, at=now, data={"tag": str(row.uuid)})
    return case


@change
def untag(*, incident: UUID, by: Person, name: str, now: datetime) -> Incident:
    """Take a tag off a case; one that no case bears any more is gone."""
    case = worked_case(by, incident, None)
    row = Tag.objects.filter(name=clean_line(name)).first()
    found = Tagging.objects.filter(incident=case, tag=row)
    if row is None or not found.exists():
        return case
    found.delete()
    case.store(now)
    record(kinds.UNTAGGED, case, by=by, at=now, data={"tag": str(row.uuid)})
    sweep()
    return case


@change
def rename(*, tag: UUID, by: Person, seen: str, name: str, now: datetime) -> str:
    """Give a tag another name, everywhere; where that name is a tag's already, the two become one.

    A lead does. *seen* is the name that was on the page. Returns the new name. Raises ``NotFound``
    for a tag that is on no case that *by* sees, ``Conflict`` when somebody renamed it since.
    """
    if not by.works_cases:
        raise NotFound
    if by.role != Role.LEAD:
        raise NotAllowed("Seul un responsable peut renommer une étiquette.")
    row = tags(by).select_for_update(of=("self",)).filter(uuid=tag).first()
    if row is None:
        raise NotFound
    if row.name != seen:
        raise Conflict("Cette étiquette vient de changer de nom. Relisez-la, puis recommencez.")
    name = name_of(name)
    if name == row.name:
        return name
    live = Incident.objects.filter(IS_LIVE, pk__in=_bearing(row)).order_by("pk")
    held = [case.pk for case in live.select_for_update(no_key=True).only("pk")]
    # The one that was seen stays: whether a hidden case bore the new name shows nowhere.
    other = Tag.objects.filter(name=name).first()
    if other is not None:
        both = Tagging.objects.filter(tag=row).values("incident")
        Tagging.objects.filter(tag=other, incident__in=both).delete()
        Tagging.objects.filter(tag=other).update(tag=row)
        other.delete()
    row.name = name
    row.save()
    # Who looks at these cases now is told, and what is found by the old name is not there any more.
    Incident.objects.filter(pk__in=held).update(version=F("version") + 1, changed_at=now)
    data = {"tag": str(row.uuid)}
    for case in Incident.objects.filter(pk__in=held).order_by("pk"):
        record(kinds.TAG_RENAMED, case, by=by, at=now, data=data)
    record(kinds.TAG_RENAMED, row, by=by, at=now, data=data)
    return name


def sweep() -> None:
    """Delete the tags that no case bears; used inside a change."""
    Tag.objects.filter(cases=None).delete()


def _bearing(row: Tag) -> list[int]:
    return list(Tagging.objects.filter(tag=row).values_list("incident", flat=True))
