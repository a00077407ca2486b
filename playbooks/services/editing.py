"""A playbook's versions: drafted in a form or from a file, proposed, published by a lead.

What is drafted goes through the one strict loader each time it is kept; what left its author never
changes again. Cases keep the version they began with.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory import reference
from csirt.directory.desk import values
from csirt.directory.services import put_playbook
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean, clean_line
from csirt.reference.bundle import check_playbook, read_playbook
from csirt.reference.errors import ReferenceError as Refused
from csirt.reference.playbooks import Playbook
from incidents.services.loading import required_text
from playbooks import kinds, queries
from playbooks.domain.cacao_reading import MOST_STEPS
from playbooks.domain.cacao_reading import read as read_cacao
from playbooks.domain.writing import written
from playbooks.models import Edition
from playbooks.services import learning

LARGEST_FILE = 512 * 1024  # bytes
_LABEL = re.compile(r"[\w.+-]{1,40}", re.ASCII)
_DAY = 24 * 3600  # seconds
_NAME = re.compile(r"[\w-]{1,60}", re.ASCII)  # as addresses and columns take it


class BadPlaybook(Invalid):
    """The loader refuses it; each of ``problems`` names a line and a field."""

    code = "bad-playbook"
    sentence = "Ce playbook ne peut pas être gardé ainsi."

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__()
        self.problems = problems


def checked(text: str) -> Playbook:
    """Return the playbook of *text*; raises ``BadPlaybook``."""
    try:
        playbook = check_playbook(reference.current(), text)
    except Refused as error:
        raise BadPlaybook(error.problems) from error
    if problems := tuple(_problems(playbook)):
        raise BadPlaybook(problems)
    return playbook


def _problems(playbook: Playbook) -> Iterator[str]:
    """Yield what the loader allows and the desk cannot keep or show."""
    if len(playbook.steps) > MOST_STEPS:
        yield f"playbook.yaml: more than {MOST_STEPS} steps"
    for name in (playbook.id, *(step.id for step in playbook.steps)):
        if not _NAME.fullmatch(name):
            yield f"playbook.yaml id: {name[:60]!r} is not of the form 60 letters, digits, '_' or '-'"
    for step in playbook.steps:
        if step.due is None:
            continue
        if step.clock == "opening" and step.due.months:
            yield f"playbook.yaml {step.id}.due: opening hours count no months"
        if step.due.months > 60 or step.due.days * _DAY + step.due.seconds > 5 * 366 * _DAY:
            yield f"playbook.yaml {step.id}.due: more than five years"
    for text in _texts(playbook):
        if clean(text) != text:
            yield f"playbook.yaml: characters that nobody sees, in {clean_line(text)[:60]!r}"


def _texts(thing: object) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, tuple):
        for one in thing:
            yield from _texts(one)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from _texts(getattr(thing, field.name))


def _works(by: Person) -> None:
    if not by.works_cases:
        raise NotFound


def _twice(act: Callable[[], Edition]) -> Edition:
    """Do *act*; once more when somebody did the like of the same playbook in the same moment."""
    try:
        return act()
    except IntegrityError:
        return act()


def begin(*, playbook: str, by: Person, now: datetime) -> Edition:
    """Return the draft of *by* of a playbook, made from the version in force when there is none.

    Raises ``NotFound`` for a playbook that does not exist, and for who does not work cases.
    """
    return _twice(lambda: _begin(playbook=playbook, by=by, now=now))


@change
def _begin(*, playbook: str, by: Person, now: datetime) -> Edition:
    _works(by)
    known = Edition.objects.filter(
        playbook=playbook, author=by.user_id, state=Edition.State.DRAFT
    ).first()
    if known is not None:
        return known
    current = queries.in_force(playbook)
    fresh = replace(current.playbook, version=_next_label(playbook, now))
    return _made(written(fresh), Edition.Origin.FORM, by, now, base=current.edition)


def import_file(*, name: str, content: bytes, by: Person, now: datetime) -> Edition:
    """Draft the playbook of a file: ours (YAML), or CACAO 2.0 (JSON) whose branches are flattened.

    An older draft of the same author and playbook is replaced. Raises ``Invalid`` for a file that the
    loader refuses, with line and field.
    """
    _works(by)
    if len(content) > LARGEST_FILE:
        raise Invalid("Ce fichier est trop grand pour un playbook.", code="too-large")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid("Ce fichier n'est pas du texte en UTF-8.", code="bad-file") from error
    lost: list[tuple[str, str]] = []
    if name.lower().endswith(".json") or text.lstrip().startswith("{"):
        found = read_cacao(text)
        text, lost = found.text, found.lost
    playbook = checked(text)
    return _twice(lambda: _replaced(playbook.id, text, by, now, lost))


@change
def _replaced(
    playbook: str, text: str, by: Person, now: datetime, lost: list[tuple[str, str]]
) -> Edition:
    own = Edition.objects.filter(playbook=playbook, author=by.user_id, state=Edition.State.DRAFT)
    own.delete()
    return _made(text, Edition.Origin.FILE, by, now, lost=lost)


def _made(text: str, origin: Edition.Origin, by: Person, now: datetime, **fields: Any) -> Edition:
    """Return a version of *by*, a draft unless *fields* say otherwise."""
    playbook = checked(text)
    return Edition.objects.create(
        **{"state": Edition.State.DRAFT, **fields},
        playbook=playbook.id,
        label=playbook.version[:40],
        text=text,
        sha256=queries.digest(text),
        origin=origin,
        author_id=by.user_id,
        made_at=now,
    )


def _next_label(playbook: str, now: datetime) -> str:
    """Return a name that no version of the playbook bears: the day, and a number when needed."""
    taken = set(Edition.objects.filter(playbook=playbook).values_list("label", flat=True))
    day, number = f"{now:%Y-%m-%d}", 1
    label = day
    while label in taken:
        number += 1
        label = f"{day}.{number}"
    return label


def _locked(by: Person, edition: UUID) -> Edition | None:
    _works(by)
    return Edition.objects.select_for_update(of=("self",)).filter(uuid=edition).first()


def _stands(row: Edition, state: Edition.State, version: int) -> bool:
    """Tell whether *row* is in *state* since an act on that *version* of it, and as the act left it."""
    return row.state == state and row.version == version + 1


def _own_draft(by: Person, edition: UUID, version: int) -> Edition:
    row = _locked(by, edition)
    if row is None or row.author_id != by.user_id or row.state != Edition.State.DRAFT:
        raise NotFound
    if row.version != version:
        raise Conflict("Ce brouillon a changé dans une autre fenêtre. Relisez-le.", code="changed")
    return row


@change
def save(*, edition: UUID, version: int, by: Person, playbook: Playbook, now: datetime) -> Edition:
    """Keep what the form says of one's own draft. Raises ``Invalid``, ``Conflict``, ``NotFound``."""
    row = _own_draft(by, edition, version)
    if playbook.id != row.playbook:
        raise Invalid("L'identifiant d'un playbook ne change pas.", code="bad-value")
    row.text = written(playbook)
    row.label = checked(row.text).version[:40]
    row.sha256, row.made_at = queries.digest(row.text), now
    row.version += 1
    row.save()
    return row


@change
def discard(*, edition: UUID, version: int, by: Person) -> None:
    """Throw one's own draft away."""
    _own_draft(by, edition, version).delete()


@change
def propose(
    *,
    edition: UUID,
    version: int,
    by: Person,
    note: str,
    now: datetime,
    lessons: Collection[UUID] = (),
) -> Edition:
    """Hand a draft to the leads, with what changes and why; from now on its text stays as it is.

    *lessons*: those that it takes up, of cases that *by* sees. The same form twice is one.

    Raises ``Invalid`` when it changes nothing, when its name was given to another version, or when
    the files in force no longer allow it.
    """
    known = _locked(by, edition)
    if (
        known is not None
        and (known.author_id, known.note) == (by.user_id, clean(note).strip())
        and _stands(known, Edition.State.PROPOSED, version)
    ):
        learning.take_up(known, lessons, by=by)
        return known
    row = _own_draft(by, edition, version)
    playbook = checked(row.text)
    if not _LABEL.fullmatch(playbook.version):
        raise Invalid(
            "Ce nom de version ne convient pas.",
            fields={"version": "Quarante lettres, chiffres, points ou traits d'union au plus."},
        )
    others = Edition.objects.filter(playbook=row.playbook, label=row.label).exclude(pk=row.pk)
    others = others.exclude(state__in=[Edition.State.DRAFT, Edition.State.REFUSED])
    library = reference.shipped().playbooks.get(row.playbook)
    if others.exists() or (library is not None and library.version == row.label):
        raise Invalid(
            "Une autre version porte déjà ce nom.",
            fields={"version": "Donnez un autre nom à cette version."},
        )
    try:
        current = queries.in_force(row.playbook).playbook
    except NotFound:
        current = None
    if current is not None and replace(playbook, version="") == replace(current, version=""):
        raise Invalid("Cette version ne change rien.", code="unchanged")
    row.note = required_text(note, "note")
    row.state, row.proposed_at = Edition.State.PROPOSED, now
    row.version += 1
    row.save()
    record(kinds.EDITION_PROPOSED, row, by=by, at=now, data=_data(row))
    learning.take_up(row, lessons, by=by)
    return row


def _proposed(
    by: Person, edition: UUID, version: int, wanted: Edition.State, reason: str = ""
) -> Edition:
    """Return what waits for a decision; or what *by* decided just so already: it needs no other."""
    row = _locked(by, edition)
    if row is None or row.state == Edition.State.DRAFT:
        raise NotFound
    if by.role != Role.LEAD:
        raise NotAllowed("Seul un responsable publie un playbook.")
    if row.decided_by_id == by.user_id and _stands(row, wanted, version) and row.reason == reason:
        return row
    if row.version != version or row.state != Edition.State.PROPOSED:
        raise Conflict("Quelqu'un a déjà décidé de cette version.", code="decided")
    return row


def publish(*, edition: UUID, version: int, by: Person, now: datetime) -> Edition:
    """Put a proposed version in force: cases that begin from now on follow it.

    The public pages of its categories say its first gestures. Twice by the same lead is once.
    Raises ``NotAllowed`` for who is no lead, ``Conflict`` when somebody decided otherwise, ``Invalid``
    when the files in force no longer allow it.
    """
    try:
        return _twice(lambda: _publish(edition=edition, version=version, by=by, now=now))
    finally:
        values.forget()


@change
def _publish(*, edition: UUID, version: int, by: Person, now: datetime) -> Edition:
    row = _proposed(by, edition, version, Edition.State.PUBLISHED)
    if row.state == Edition.State.PUBLISHED:
        return row
    checked(row.text)
    _decide(row, Edition.State.PUBLISHED, by, now)
    put_playbook(playbook=row.playbook, text=row.text, by=by, now=now)
    record(kinds.EDITION_PUBLISHED, row, by=by, at=now, data=_data(row))
    learning.taken(row, by=by, now=now)
    return row


@change
def refuse(*, edition: UUID, version: int, by: Person, reason: str, now: datetime) -> Edition:
    """Send a proposed version back, and say why. Twice with the same words is once; raises as ``publish``."""
    row = _proposed(by, edition, version, Edition.State.REFUSED, clean(reason).strip())
    if row.state == Edition.State.REFUSED:
        return row
    row.reason = required_text(reason, "reason")
    _decide(row, Edition.State.REFUSED, by, now)
    record(kinds.EDITION_REFUSED, row, by=by, at=now, data=_data(row))
    learning.left(row)
    return row


@change
def take_library(*, playbook: str, by: Person, now: datetime) -> Edition:
    """Propose to go back to the text of the library; a lead publishes it as any other.

    Raises ``NotFound`` when the library holds no such playbook, ``Invalid`` when it is in force.
    """
    _works(by)
    text = queries.library_text(playbook)
    if text is None:
        raise NotFound
    current = queries.in_force(playbook)
    if not current.changed_here:
        raise Invalid("La version de la bibliothèque est déjà en vigueur.", code="unchanged")
    fresh = replace(read_playbook(text), version=_next_label(playbook, now))
    row = _made(
        written(fresh),
        Edition.Origin.LIBRARY_AGAIN,
        by,
        now,
        state=Edition.State.PROPOSED,
        proposed_at=now,
        base=current.edition,
    )
    record(kinds.EDITION_PROPOSED, row, by=by, at=now, data=_data(row))
    return row


def _decide(row: Edition, state: Edition.State, by: Person, now: datetime) -> None:
    row.state, row.decided_at = state, now
    row.decided_by = User.objects.get(pk=by.user_id)
    row.version += 1
    row.save()


def _data(row: Edition) -> dict[str, str]:
    return {"playbook": row.playbook, "label": row.label, "sha256": row.sha256}
