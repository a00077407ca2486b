"""Making a preview's text: the job that builds STIX, has it checked, and keeps it to be read.

It draws identifiers and shares nothing.
"""

import json
from collections.abc import Collection as Many
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from api.models import Preview, Share, SharedObject
from api.sharing import kinds
from api.sharing.facts import Facts, facts_of, refuse_unless_releasable, wants_of
from api.sharing.holding_back import hold_back
from api.sharing.moments import milliseconds
from api.sharing.previews import sha256_of
from api.sharing.reasons import NOT_VALID, Held
from api.stix import objects, words, writing
from api.stix.attack import attack
from api.stix.case import REVOKED, Case, Kept, gate_of
from api.stix.values import quoted
from csirt.journal import change, consistent_read, record
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import DeskError
from incidents.models import Incident

log = structlog.get_logger()

TRIES = 4  # the case may change while its text is being made

CHANGED = gettext_noop("Le dossier change sans cesse. Refaites l'aperçu dans un instant.")
QUOTES = gettext_noop(
    "Les mots aux partenaires répètent ceux de la victime : rien n'a été préparé."
)
NAMES = gettext_noop("Le texte nommerait la victime : rien n'a été préparé.")
BROKEN = gettext_noop("L'aperçu n'a pas pu être préparé. Refaites-le, ou signalez-le.")


class Stale(Exception):
    """The case changed, or somebody else drew an identifier: make the text again."""


def make(preview: UUID) -> None:
    """Build, check and keep the text of a preview; called by the job, safe to call again."""
    row = Preview.objects.select_related("incident").get(uuid=preview)
    try:
        for _try in range(TRIES):
            if Preview.objects.get(pk=row.pk).status != Preview.Status.QUEUED:
                return
            try:
                _make(row)
            except (Stale, IntegrityError):
                continue
            return
        _fail(row.pk, CHANGED)
    except DeskError as error:
        _fail(row.pk, str(error))
    except Exception as error:
        _fail(row.pk, BROKEN)
        log.exception("preview.failed", preview=str(preview), error=type(error).__name__)
        raise


def _make(row: Preview) -> None:
    from api.stix import checks  # seconds to import, and only here

    with consistent_read():
        case = Incident.objects.get(pk=row.incident_id)
        refuse_unless_releasable(case)
        readers = list(row.collections.all())
        wants = wants_of(readers)
        facts = facts_of(case, readers)
        kept = {item.key: item for item in _kept(case)}
        released = _released(case, kept, wants)
    if facts.quoted:  # the victim wrote those words since they were chosen
        _fail(row.pk, QUOTES)
        return
    stix_kept = {
        key: Kept(item.stix_id, item.created, item.content, item.modified)
        for key, item in kept.items()
    }
    leaving, held = hold_back(facts)
    moment = milliseconds(read_clock())
    writer = objects.build(leaving, facts.desk, stix_kept, moment)
    done = [*writer.done, *_revocations(writer, released, moment)]
    text = writing.bundle(done)
    try:
        checks.check(text)
    except checks.NotStix as error:
        leaving, wrong = _without(leaving, writer, error.ids)
        if not wrong:
            raise
        held += wrong
        writer = objects.build(leaving, facts.desk, stix_kept, moment)
        done = [*writer.done, *_revocations(writer, released, moment)]
        text = writing.bundle(done)
        checks.check(text)
    if _names_somebody(text, facts):
        _fail(row.pk, NAMES)
        return
    _finish(row=row, facts=facts, fresh=writer.fresh, text=text, count=len(done), held=held)


def _kept(case: Incident) -> Iterator[SharedObject]:
    yield from SharedObject.objects.filter(Q(incident=case) | Q(incident=None))


def _released(
    case: Incident, kept: Mapping[str, SharedObject], wants: Many[str]
) -> dict[str, dict[str, Any]]:
    """Return, by key, the text last shared of each of the case's own objects.

    Not of those that none of these collections holds: what is for others stays as it is.
    """
    of_id = {
        item.stix_id: key
        for key, item in kept.items()
        if item.content
        and item.incident_id
        and not key.startswith(REVOKED)
        and gate_of(key) in {"", *wants}
    }
    rows = Share.objects.filter(
        holds__incident=case.pk, is_latest=True, stix_id__in=of_id
    ).order_by("version")
    return {of_id[row.stix_id]: json.loads(row.bytes) for row in rows}


def _revocations(
    writer: writing.Writer, released: Mapping[str, dict[str, Any]], moment: str
) -> list[writing.Built]:
    """What was shared and is not part of the case any more leaves once more, as revoked."""
    still = {built.key for built in writer.done}
    return [
        writing.built(writing.revoked(obj, moment), key)
        for key, obj in released.items()
        if key not in still
    ]


def _without(case: Case, writer: writing.Writer, ids: set[str]) -> tuple[Case, list[Held]]:
    """Leave out the values whose objects the checks refused."""
    from dataclasses import replace

    from api.stix.values import FORMS

    keys = {built.key for built in writer.done if built.stix_id in ids}
    wrong = [
        value
        for value in case.values
        if f"indicator:{value.uuid}" in keys
        or f"vulnerability:{value.uuid}" in keys
        or ids & {obj["id"] for obj in FORMS[value.type](value.value).observed}
    ]
    left = tuple(value for value in case.values if value not in wrong)
    held = [Held(value.type, value.value, NOT_VALID) for value in wrong]
    return replace(case, values=left), held


_TEXTS = {
    "account_login", "content", "description", "external_id", "key", "name", "path", "pattern", "statement",
    "subject", "value",
}  # fmt: skip


def _names_somebody(text: str, facts: Facts) -> bool:
    """Tell whether, at the last look, any word of ours names the victim.

    The vocabulary is exempt, and the values that a lead let leave with the victim's consent.
    """
    agreed = [value.value for value in facts.case.values if value.named]
    agreed += [quoted(value)[1:-1] for value in agreed]
    fixed = {*words.VICTIM_NAMES.values(), "Occitanie", facts.desk.name, facts.case.label}
    fixed |= {row.name for row in facts.case.techniques} | {attack().copyright}
    return any(
        facts.names.in_text(_without_values(words_, agreed))
        for name, words_ in _leaves(json.loads(text))
        if name in _TEXTS and words_ not in fixed
    )


def _without_values(text: str, values: list[str]) -> str:
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, " ")
    return text


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, name)
    elif isinstance(value, str):
        yield name, value


@change
def _finish(
    *,
    row: Preview,
    facts: Facts,
    fresh: Mapping[str, Kept],
    text: str,
    count: int,
    held: list[Held],
) -> None:
    """Keep the text and the identifiers drawn for it, if the case is still what it was made of."""
    case = Incident.locked(row.incident.uuid)
    preview = Preview.objects.select_for_update().get(pk=row.pk)
    if preview.status != Preview.Status.QUEUED:
        return
    refuse_unless_releasable(case)
    if facts_of(case, preview.collections.all()).digest != facts.digest:
        raise Stale
    SharedObject.objects.bulk_create(
        [
            SharedObject(
                incident=None if key == objects.DESK else case,
                key=key,
                stix_id=kept.stix_id,
                created=kept.created,
            )
            for key, kept in fresh.items()
        ],
        batch_size=500,
    )
    at = read_clock()
    preview.bytes, preview.sha256 = text, sha256_of(text)
    preview.facts, preview.objects_count = facts.digest, count
    preview.held_back = [asdict(item) for item in held]
    preview.status, preview.finished_at = Preview.Status.READY, at
    preview.save()
    data = {
        "sha256": preview.sha256,
        "collections": sorted(str(c.uuid) for c in preview.collections.all()),
        "objects": count,
        "held_back": len(held),
    }
    record(kinds.PREVIEWED, preview, by=preview.requested_by, at=at, data=data)


def _fail(preview: int, sentence: str) -> None:
    with transaction.atomic():
        Preview.objects.filter(pk=preview, status=Preview.Status.QUEUED).update(
            status=Preview.Status.FAILED, error=sentence[:300], finished_at=read_clock()
        )
