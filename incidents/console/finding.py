"""Finding the cases that somebody asks for, among those that they may know of; the newest first.

The index says which cases have the words; who may see them and what the filters want is asked of the
rows, a few at a time, until a page is full. So a hidden case is never counted, and a word that stands
everywhere costs what a rare one does: at most ``DEPTH`` cases are looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from csirt.accounts.principals import Person
from csirt.kernel import codes
from csirt.kernel.text import defang_within
from incidents import queries
from incidents.console.narrowing import Narrowing, bounds, narrowing
from incidents.domain.asked import Asked, read
from incidents.domain.observables import extract
from incidents.domain.words import Piece, excerpt, words
from incidents.live import rows
from incidents.models import Incident
from incidents.models.search import hits
from incidents.services.indexing import texts, token

PAGE = 20
STEPS = (256, 1_024, 4_096, 16_384)  # cases of the index looked at, until there are enough
DEPTH = sum(STEPS)
FILTERED = 4_096  # cases that the words of the queue's filter leave
_CLOSE = 3  # keys of which at least one in so many was found
_LOOKED_AT = 60  # texts of one case in which an excerpt is looked for
_READ = 4_000  # and characters of each


@dataclass(frozen=True)
class Result:
    """One page. ``count`` is None beyond the first; ``loose``: no exact value, so its words."""

    rows: list[rows.Row]
    excerpts: dict[str, list[Piece]]
    count: int | None = None  # PAGE + 1 for all that is more: how many they are is not looked for
    after: str = ""  # the last row's case, when there are more
    stopped: bool = False  # more than DEPTH cases had the words
    loose: bool = False


def by_reference(person: Person, text: str) -> Incident | None:
    """Return the visible case whose reference *text* is, with dashes or not, in any case."""
    body = codes.symbols(text).removeprefix(codes.symbols(settings.REFERENCE_PREFIX))
    if len(body) != codes.REFERENCE_SYMBOLS or not set(body) <= set(codes.ALPHABET):
        return None
    reference = f"{settings.REFERENCE_PREFIX}-{body[:4]}-{body[4:]}"
    return queries.visible_to(person).filter(reference=reference).first()


def find(person: Person, asked: Asked, narrowed: Narrowing, after: str) -> Result:
    """Return the page that begins after the case *after* (its uuid), or the first."""
    below = _place(person, after)
    exact = [token(found.type, found.value) for found in asked.values]
    wanted = [*exact, *asked.words]
    found = _search(person, wanted, narrowed, PAGE + 1, below)
    loose = False
    if not found.keys and asked.values and asked.loose:
        wanted, loose = list(asked.loose), True
        found = _search(person, wanted, narrowed, PAGE + 1, below)
    keys, seen = found.keys[:PAGE], min(len(found.keys), PAGE + 1)
    shown = rows.fetch(queries.visible_to(person).filter(pk__in=keys).order_by("-pk"))
    page = list(shown.values())
    return Result(
        rows=page,
        excerpts={
            shown[pk]["id"]: pieces
            for pk, pieces in _excerpts(list(shown), set(wanted), set(exact)).items()
        },
        count=None if below else seen,
        after=page[-1]["id"] if page and len(found.keys) > PAGE else "",
        stopped=found.stopped,
        loose=loose,
    )


@dataclass(frozen=True)
class Matching:
    """The cases that have the words of a filter. ``refused``: what of it means nothing."""

    keys: list[int]
    stopped: bool = False  # more cases had the words than were looked at
    refused: tuple[str, ...] = ()


def matching(person: Person, text: str) -> Matching:
    """Return the visible cases that answer *text*, written as for the search: the newest ones."""
    asked = read(text)
    narrowed = narrowing(asked.filters, person)
    if asked.empty or narrowed.refused:
        return Matching([], refused=tuple(narrowed.refused))
    exact = [token(found.type, found.value) for found in asked.values]
    found = _search(person, [*exact, *asked.words], narrowed, FILTERED, None)
    if not found.keys and asked.values and asked.loose:
        found = _search(person, list(asked.loose), narrowed, FILTERED, None)
    return Matching(found.keys[:FILTERED], found.stopped or len(found.keys) >= FILTERED)


@dataclass(frozen=True)
class _Found:
    keys: list[int]
    stopped: bool = False  # there were not enough, and the search went no deeper


def _search(
    person: Person, wanted: Sequence[str], narrowed: Narrowing, enough: int, below: int | None
) -> _Found:
    """Return the visible cases of so many steps of the index as it takes to have *enough*."""
    found: list[int] = []
    cases = narrowed.apply(queries.visible_to(person).filter(erased_at=None)).order_by("-pk")
    if wanted and not person.works_cases:  # the words of what was joined to one may not be theirs
        cases = cases.filter(duplicates=None)
    for keys, last in _candidates(wanted, narrowed, below):
        found += _among(cases, keys)
        if last or len(found) >= enough:
            return _Found(found)
    return _Found(found, stopped=True)


def _among(cases: QuerySet[Incident], keys: Sequence[int]) -> Iterator[int]:
    """Yield those of *cases* that are among *keys*, the newest first.

    Keys that stand close are read as one stretch: a long list costs an engine more.
    """
    if not keys:
        return
    first, last = keys[-1], keys[0]
    if last - first < _CLOSE * len(keys):
        wanted = set(keys)
        stretch = cases.filter(pk__range=(first, last)).values_list("pk", flat=True)
        yield from (key for key in stretch if key in wanted)
    else:
        yield from cases.filter(pk__in=keys).values_list("pk", flat=True)


def _candidates(
    wanted: Sequence[str], narrowed: Narrowing, below: int | None
) -> Iterator[tuple[list[int], bool]]:
    """Yield the cases that have the words, in growing steps, and whether these are the last."""
    first, last = bounds(narrowed)
    below = min((key for key in (below, last) if key is not None), default=None)
    for step in STEPS:
        if wanted:
            keys = hits(wanted, most=step, below=below)
        else:
            cases = Incident.objects.order_by("-pk").values_list("pk", flat=True)
            keys = list((cases if below is None else cases.filter(pk__lt=below))[:step])
        kept = [key for key in keys if first is None or key >= first]
        last_ones = len(keys) < step or len(kept) < len(keys)
        yield kept, last_ones
        if last_ones:
            return
        below = keys[-1]


def _excerpts(cases: Sequence[int], wanted: set[str], exact: set[str]) -> dict[int, list[Piece]]:
    """Return, for each case, a part of the first of its texts that has most of what was asked."""
    if not wanted or not cases:
        return {}
    found = {}
    for case, written in texts(cases).items():
        most = 0
        for text in written[:_LOOKED_AT]:
            shown = defang_within(text[:_READ])
            spans = {
                token(one.type, one.value): (one.start, one.end)
                for one in (extract(shown) if exact else ())
            }
            has = wanted.intersection([*words([shown]), *spans])
            if len(has) > most:
                most = len(has)
                at = [span for one, span in spans.items() if one in exact]
                found[case] = excerpt(shown, wanted, at)
            if most == len(wanted):
                break
    return found


def _place(person: Person, after: str) -> int | None:
    """Return the key of the case that a page begins after; None when it is none."""
    try:
        uuid = UUID(after)
    except ValueError:
        return None
    return queries.visible_to(person).filter(uuid=uuid).values_list("pk", flat=True).first()
