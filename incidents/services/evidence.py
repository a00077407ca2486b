"""Evidence: a file is taken once, its custody is the journal, and it leaves by a link used once."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import pyrage
from django.conf import settings
from django.db import transaction

from csirt.accounts.principals import Person, Victim
from csirt.journal import change, record
from csirt.journal.change import Actor
from csirt.kernel import codes
from csirt.kernel.errors import DeskError, Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean_line
from incidents import kinds, queries
from incidents.evidence import store
from incidents.evidence.sealing import Sealed
from incidents.models import Download, Evidence, Incident
from incidents.services.following import heard, own_and_standing

LONGEST_NAME = 255  # characters
COPY_LASTS = timedelta(seconds=60)  # from the moment when the copy is ready
COPY_WITHIN = timedelta(minutes=5)  # of asking: a worker that is away does not keep a link alive
_KEY = "AGE-SECRET-KEY-1"  # how every age identity begins
ORPHANS_AFTER = timedelta(hours=2)  # longer than an upload may take


def receive(*, victim: Victim, token: str, name: str, sealed: Sealed, now: datetime) -> Evidence:
    """Take a victim's file, which is on disk already; the same file under one *token* is one.

    Raises ``Invalid`` for a token, an empty file or one too many, ``NotAllowed`` where only words
    are taken. A file that is not taken is deleted; after a failure of which nobody knows whether
    the row was written, it stays, and is swept when no row names it.
    """
    try:
        if not codes.is_token(token):
            raise Invalid("Cette page a expiré. Rechargez-la, puis envoyez à nouveau.")
        if not sealed.size:
            raise Invalid("Ce fichier est vide. Choisissez-en un autre.", code="empty")
        row = _receive(victim, token, name, sealed, now)
    except DeskError:
        store.discard(sealed.name)
        raise
    if row.stored != sealed.name:
        store.discard(sealed.name)
    return row


@change
def _receive(victim: Victim, token: str, name: str, sealed: Sealed, now: datetime) -> Evidence:
    own, standing = own_and_standing(victim)
    once = codes.idempotency(f"{token}|{sealed.sha256}")
    known = Evidence.objects.filter(idempotency=once, incident=own).first()
    if known is not None:
        return known
    if not queries.takes_files(own):  # it may have become so while the file arrived
        raise NotAllowed("Ici, n'envoyez aucun fichier. Racontez avec des mots.", code="words-only")
    if own.evidence.filter(source=victim.actor).count() >= settings.EVIDENCE_FILES:
        raise Invalid("Vous avez envoyé assez de fichiers. Écrivez-nous.", code="too-many")
    row = keep(incident=own, token=token, name=name, sealed=sealed, by=victim, now=now)
    heard(standing, victim, now)
    standing.store(now)
    return row


@change
def keep(
    *, incident: Incident, token: str, name: str, sealed: Sealed, by: Actor, now: datetime
) -> Evidence:
    """Keep a file that reached the desk otherwise, such as a mail; once for each *token*."""
    once = codes.idempotency(f"{token}|{sealed.sha256}")
    known = Evidence.objects.filter(idempotency=once, incident=incident).first()
    if known is not None:
        return known
    row = Evidence.objects.create(
        incident=incident,
        idempotency=once,
        name=short_name(name),
        stored=sealed.name,
        size=sealed.size,
        sha256=sealed.sha256,
        source=by.actor,
        received_at=now,
    )
    data = {"evidence": str(row.uuid), "size": row.size, "sha256": row.sha256}
    record(kinds.EVIDENCE_RECEIVED, row, by=by, at=now, data=data)
    return row


def short_name(name: str) -> str:
    """Return a file's name as it may be stored and shown: one line, its end kept."""
    name = clean_line(name).strip()
    if len(name) <= LONGEST_NAME:
        return name
    stem, _dot, ending = name.rpartition(".")
    ending = f"….{ending}" if stem and len(ending) <= 10 else "…"
    return name[: LONGEST_NAME - len(ending)] + ending


@transaction.atomic  # asking is no event: fetching is
def ask(*, incident: UUID, evidence: UUID, by: Person, now: datetime) -> str:
    """Return the secret of a new link to one file; the worker makes its copy.

    Raises ``NotFound``, and ``NotAllowed`` for who may only look.
    """
    row = queries.evidence_of(by, incident, evidence)
    if not by.works_cases:
        raise NotAllowed
    identity = pyrage.x25519.Identity.generate()
    secret = str(identity).removeprefix(_KEY)
    Download.objects.create(
        evidence=row,
        user_id=by.user_id,
        digest=_digest(secret),
        recipient=str(identity.to_public()),
        asked_at=now,
    )
    return secret


def look(*, secret: str, by: Person, now: datetime) -> Download:
    """Return the link of that secret while *by* may still use it; raises ``NotFound``."""
    link = (
        Download.objects.select_related("evidence", "evidence__incident")
        .filter(digest=_digest(secret), user=by.user_id, used_at=None)
        .first()
    )
    if link is None or now - (link.ready_at or now) > COPY_LASTS:
        raise NotFound
    if link.ready_at is None and now - link.asked_at > COPY_WITHIN:
        raise NotFound
    if not by.works_cases or not queries.visible_to(by).filter(pk=link.evidence.incident_id):
        raise NotFound
    return link


@change
def fetch(*, secret: str, by: Person, now: datetime) -> Download:
    """Use the link, once; its copy may be sent. Raises ``NotFound``.

    The event is written before the first byte leaves.
    """
    link = look(secret=secret, by=by, now=now)
    used = Download.objects.filter(pk=link.pk, used_at=None).exclude(copy="").update(used_at=now)
    if not used:
        raise NotFound
    row = link.evidence
    data = {"evidence": str(row.uuid), "size": row.size, "sha256": row.sha256}
    record(kinds.EVIDENCE_DOWNLOADED, row, by=by, at=now, data=data)
    return link


def key_of(secret: str) -> str:
    """Return the age identity that a link's secret is."""
    return _KEY + secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
