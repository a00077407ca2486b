"""One internal note: change it, read what it was, and choose between two texts saved at once."""

import difflib
import re
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed
from csirt.web.errors import said
from incidents import queries
from incidents.console.access import for_readers
from incidents.console.verbs import version_of, warn_blind
from incidents.models import Note, NoteVersion
from incidents.services import notes, text_drafts

MOST_WORDS = 4_000  # compared word by word; longer texts line by line
MOST_PAIRS = (
    1_500_000  # of equal pieces, of which comparing looks at each; beyond, the texts are whole
)
SHOWN = 20  # earlier texts on one page
_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Piece:
    """A stretch of two texts: in both (empty), only in the first ("del"), only in the second ("ins")."""

    text: str
    how: str = ""


@dataclass(frozen=True)
class Kept:
    """One text that a note had, with what it changed in the one before."""

    row: NoteVersion
    pieces: list[Piece]


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def note(request: HttpRequest, person: Person, case: UUID, note: UUID) -> HttpResponse:
    """Show a note with its earlier texts, or save what it says now."""
    row = notes.note_of(person, case, note)
    if request.method != "POST":
        draft = text_drafts.of(row.incident, person).get(draft_name(row))
        if draft is None or draft.text == row.text:
            return _page(request, person, row, text=row.text)
        return _page(request, person, row, text=draft.text, draft=draft, beside=True)
    text = request.POST.get("note-text", "")
    if request.POST.get("both"):
        text = f"{row.text}\n\n{text}"
    try:
        saved = notes.edit_note(
            incident=case, note=note, version=version_of(request), by=person, text=text, now=now()
        )
    except Conflict as error:
        if error.code != "note-changed":
            raise
        # Kept until it is saved or thrown away: a closed tab loses nothing either.
        kept = text_drafts.keep(
            incident=case, by=person, field=draft_name(row), text=text, now=now()
        )
        row = notes.note_of(person, case, note)
        return _page(
            request, person, row, status=409, text=text, draft=kept, refusal=said(error),
            beside=True,
        )  # fmt: skip
    except (Invalid, NotAllowed) as error:
        wrong = getattr(error, "fields", {}).get("text", "")
        return _page(
            request, person, row, status=error.status, text=text, refusal=said(error),
            wrong=gettext(wrong) if wrong else "",
        )  # fmt: skip
    text_drafts.forget(incident=case, by=person, fields=[draft_name(row)])
    warn_blind(request, saved.incident, saved.text)
    address = reverse("console-case", args=[case])
    return redirect(f"{address}#note-{note}")


def draft_name(row: Note) -> str:
    """Return the name under which the draft of a change of this note is kept."""
    return f"note-{row.uuid}"


def compared(before: str, after: str) -> list[Piece]:
    """Return what two texts share and where they differ, word by word."""
    one, two = _WORDS.findall(before), _WORDS.findall(after)
    if len(one) + len(two) > MOST_WORDS or _pairs(one, two) > MOST_PAIRS:
        one, two = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if _pairs(one, two) > MOST_PAIRS:
        return [Piece(before, "del"), Piece(after, "ins")]
    pieces = []
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    for tag, begin, end, start, stop in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece("".join(one[begin:end])))
            continue
        if begin < end:
            pieces.append(Piece("".join(one[begin:end]), "del"))
        if start < stop:
            pieces.append(Piece("".join(two[start:stop]), "ins"))
    return pieces


def _pairs(one: list[str], two: list[str]) -> int:
    """Return how many pairs of equal pieces two lists have."""
    counted = Counter(two)
    return sum(number * counted[piece] for piece, number in Counter(one).items())


def _history(row: Note, below: int | None) -> tuple[list[Kept], int | None]:
    """Return texts that the note had, the latest first, and below which version the next page begins."""
    rows = notes.versions(row)
    found = list((rows if below is None else rows.filter(version__lt=below))[: SHOWN + 1])
    before = [*found[1:], None][: len(found)]
    kept = [
        Kept(one, compared(old.text, one.text) if old else [Piece(one.text)])
        for one, old in zip(found[:SHOWN], before, strict=False)
    ]
    return kept, kept[-1].row.version if len(found) > SHOWN else None


def _below(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _page(
    request: HttpRequest, person: Person, row: Note, *, text: str, status: int = 200,
    beside: bool = False, **more: object,
) -> HttpResponse:  # fmt: skip
    """Draw the page; *beside*: the saved text and *text* side by side, with their difference."""
    history, older = _history(row, None if beside else _below(request.GET.get("avant", "")))
    context = {
        "principal": person,
        "note": row,
        "case": queries.get(person, row.incident.uuid),
        "may_edit": notes.may_edit(row, person),
        "text": text,
        "history": history,
        "older": older,
        "field": draft_name(row),
        "errors": [{"name": "note-text", "text": more["wrong"]}] if more.get("wrong") else [],
        **({"theirs": row.text, "pieces": compared(row.text, text)} if beside else {}),
        **more,
    }
    return render(request, "console/note.html", context, status=status)
