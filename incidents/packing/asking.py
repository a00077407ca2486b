"""A complaint pack is asked for, drawn by the worker, fetched once: like a file of evidence.

It is sealed for its link alone and kept nowhere else: it is drawn again for the next one. The victim
may ask once somebody of the desk has offered it.
"""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import pyrage
from django.db import transaction

from csirt.accounts.principals import Person, Victim
from csirt.journal import change, record
from csirt.journal.models import Event
from csirt.kernel.errors import Conflict, NotAllowed, NotFound
from incidents import kinds, queries
from incidents.evidence.store import store
from incidents.models import Incident, Pack
from incidents.services.loading import worked_case

READY_FOR = timedelta(minutes=10)  # from the moment when it is drawn
WITHIN = timedelta(minutes=5)  # of asking: a worker that is away does not keep a link alive
_KEY = "AGE-SECRET-KEY-1"  # how every age identity begins


@change
def offer(*, incident: UUID, by: Person, offered: bool, now: datetime) -> None:
    """Put the pack on the victim's page, or take it away; the same again writes nothing.

    Raises ``NotFound``, ``NotAllowed`` for who may only look, ``Conflict`` once it is erased.
    """
    case = worked_case(by, incident, None)
    if is_offered(case) != offered:
        case.store(now)
        record(kinds.PACK_OFFERED if offered else kinds.PACK_HELD_BACK, case, by=by, at=now)


def is_offered(case: Incident) -> bool:
    """Tell whether the victim of a case already seen may ask for its pack: the last word counts."""
    words = [kinds.PACK_OFFERED.name, kinds.PACK_HELD_BACK.name]
    events = Event.objects.filter(incident=case.pk, kind__in=words)
    last = events.order_by("-seq").values_list("kind", flat=True).first()
    return last == kinds.PACK_OFFERED.name


@transaction.atomic  # asking is no event: fetching is
def ask(*, incident: UUID, by: Person | Victim, now: datetime) -> str:
    """Return the secret of a new link to the case's pack; a task draws it.

    Raises ``NotFound``, ``NotAllowed`` for who may only look, ``Conflict`` once it is erased.
    """
    from incidents.packing.tasks import draw_pack

    case = queries.get(by, incident)
    if isinstance(by, Person) and not by.works_cases:
        raise NotAllowed
    if isinstance(by, Victim) and not is_offered(case):
        raise NotFound
    if case.erased_at is not None:
        raise Conflict("Ce dossier est effacé.", code="erased", state=case.state)
    identity = pyrage.x25519.Identity.generate()
    secret = str(identity).removeprefix(_KEY)
    row = Pack.objects.create(
        incident=case,
        user_id=by.user_id if isinstance(by, Person) else None,
        digest=_digest(secret),
        recipient=str(identity.to_public()),
        asked_at=now,
    )
    draw_pack.enqueue(row.pk)
    return secret


def look(*, secret: str, by: Person | Victim, now: datetime) -> Pack:
    """Return the link of that secret while *by* may still use it; raises ``NotFound``."""
    user = by.user_id if isinstance(by, Person) else None
    rows = Pack.objects.select_related("incident")
    link = rows.filter(digest=_digest(secret), user=user, used_at=None).first()
    if link is None or (link.ready_at and now - link.ready_at > READY_FOR):
        raise NotFound
    if link.ready_at is None and now - link.asked_at > WITHIN:
        raise NotFound
    if isinstance(by, Person) and not by.works_cases:
        raise NotFound
    if isinstance(by, Victim) and not is_offered(link.incident):
        raise NotFound
    if not queries.visible_to(by).filter(pk=link.incident_id, erased_at=None).exists():
        raise NotFound
    return link


@change
def fetch(*, secret: str, by: Person | Victim, now: datetime) -> Pack:
    """Use the link, once; the pack may be sent. Raises ``NotFound``. The event comes first."""
    link = look(secret=secret, by=by, now=now)
    used = Pack.objects.filter(pk=link.pk, used_at=None).exclude(copy="").update(used_at=now)
    if not used:
        raise NotFound
    data = {"size": link.size, "sha256": link.sha256}
    record(kinds.PACK_DOWNLOADED, link.incident, by=by, at=now, data=data)
    return link


def opened(link: Pack, secret: str) -> bytes:
    """Return the PDF of a link that was just used; its copy is gone then."""
    identity = pyrage.x25519.Identity.from_str(_KEY + secret)
    with store().open(link.copy, "rb") as sealed:
        pdf: bytes = pyrage.decrypt(sealed.read(), [identity])
    store().delete(link.copy)
    return pdf


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
