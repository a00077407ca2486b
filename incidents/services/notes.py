"""Internal notes that change: each text is kept, nobody writes over another, people are mentioned."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db.models import QuerySet

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import SEES_CASES, Role
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, NotAllowed, NotFound
from incidents import kinds_team as kinds
from incidents.domain.words import WORD, fold
from incidents.kinds import NOTED
from incidents.models import Incident, Note, NoteVersion
from incidents.queries import hangs_under, visible_to
from incidents.services.loading import required_text, seen_case

_AT = re.compile(r"(?<![\w.@])@(?=\w)")
_LONGEST_NAME = 120  # characters, as accounts take them
Words = tuple[str, ...]


@dataclass(frozen=True)
class Mentioned:
    """Whom a text names with @: those who may see the case, and those who may not."""

    told: tuple[User, ...] = ()
    blind: tuple[User, ...] = ()


def note_of(by: Person, incident: UUID, note: UUID) -> Note:
    """Return one note of one visible case; raises ``NotFound``."""
    rows = Note.objects.filter(hangs_under(by), incident__uuid=incident, uuid=note)
    found = rows.select_related("author", "incident").first()
    if found is None:
        raise NotFound
    return found


def keep_reason(case: Incident, reason: str, *, by: Person, now: datetime) -> None:
    """Write why a case was given its priority as a note, for when another reason takes its place.

    Inside the change that gives it, after the case is stored.
    """
    author = User.objects.get(pk=by.user_id)
    note = Note.objects.create(incident=case, author=author, text=reason, written_at=now)
    record(NOTED, case, by=by, at=now, data={"note": str(note.uuid)})


def may_edit(note: Note, by: Person) -> bool:
    """Tell whether *by* may change a note: who wrote it, or a lead."""
    return note.author_id == by.user_id or by.role == Role.LEAD


def versions(note: Note) -> QuerySet[NoteVersion]:
    """Return the texts that a note already seen had, the latest first; none when it never changed."""
    return note.versions.select_related("editor").order_by("-version")


@change
def edit_note(
    *, incident: UUID, note: UUID, version: int, by: Person, text: str, now: datetime
) -> Note:
    """Change a note; every text that it had is kept.

    Raises ``NotFound``, ``NotAllowed`` for who did not write it and is no lead, ``Conflict`` (code
    ``note-changed``) when somebody saved it since *version*: nothing of either text is lost.
    """
    case = seen_case(by, incident)
    row = note_of(by, incident, note)
    if not may_edit(row, by):
        raise NotAllowed("Seul son auteur ou un responsable peut modifier une note.")
    text = required_text(text, "text")
    if text == row.text:
        return row
    if row.version != version:
        raise Conflict(
            "Quelqu'un vient d'enregistrer cette note. Les deux textes sont là : choisissez.",
            code="note-changed",
            state=case.state,
        )
    before = row.text
    if row.version == 1:
        _keep(row, row.author, row.written_at)
    row.text, row.version = text, row.version + 1
    row.save(update_fields=["text", "version"])
    _keep(row, User.objects.get(pk=by.user_id), now)
    case.store(now)
    data = {"note": str(row.uuid), "number": row.version}
    record(kinds.NOTE_EDITED, case, by=by, at=now, data=data)
    tell_mentioned(case, row, by=by, now=now, before=before)
    return row


def _keep(note: Note, editor: User, at: datetime) -> None:
    NoteVersion.objects.create(
        note=note, version=note.version, editor=editor, text=note.text, written_at=at
    )


def tell_mentioned(
    case: Incident, note: Note, *, by: Person, now: datetime, before: str = ""
) -> None:
    """Record whom a note mentions, of those who may see the case; inside a change.

    Who was mentioned in the text *before* already is not told again.
    """
    named = mentioned(case, note.text).told
    known = {user.pk for user in mentioned(case, before).told} | {by.user_id}
    people = [str(user.uuid) for user in named if user.pk not in known]
    if people:
        data = {"note": str(note.uuid), "people": people}
        record(kinds.MENTIONED, case, by=by, at=now, data=data)


def mentioned(case: Incident, text: str) -> Mentioned:
    """Return whom *text* names: « @Alice », « @Alice Martin »; a first name two people have, nobody."""
    spots = [found.end() for found in _AT.finditer(text)]
    said = dict.fromkeys(text[at : at + _LONGEST_NAME] for at in spots)
    if not said:
        return Mentioned()
    people = User.objects.filter(is_active=True, role__in=SEES_CASES).order_by("pk")
    names = [(words, user) for user in people if (words := _words(user.name))]
    most = max((len(words) for words, _user in names), default=0)
    begun = dict.fromkeys(_words(one, most) for one in said)
    found = {user.pk: user for words in begun if (user := _named(names, words)) is not None}
    told = [user for user in found.values() if may_see(user, case)]
    return Mentioned(tuple(told), tuple(user for user in found.values() if user not in told))


def may_see(user: User, case: Incident) -> bool:
    """Tell whether somebody may see *case* now."""
    return user.is_active and visible_to(Person.of(user)).filter(pk=case.pk).exists()


def _named(names: Sequence[tuple[Words, User]], said: Words) -> User | None:
    """Return whose name *said* begins with: the longest whole name, else a first name of one."""
    whole = [(len(name), user) for name, user in names if said[: len(name)] == name]
    if whole:
        return max(whole, key=lambda found: found[0])[1]
    first = [user for name, user in names if said[:1] == name[:1]]
    return first[0] if len(first) == 1 else None


def _words(text: str, most: int | None = None) -> Words:
    """Return the first *most* words of *text*, all of them without."""
    return tuple(fold(found[0]) for found in islice(WORD.finditer(text), most))
