"""The words by which each case is found: a consumer of the journal keeps them.

What is kept of a case is made anew from its rows, whole, each time that one of them changes: so an
event that comes late or twice does no harm, and starting again from the first event rebuilds all.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from csirt.directory import kinds as directory_kinds
from csirt.directory.models import Commune, FormerCommune
from csirt.journal import consumers
from csirt.journal.models import Event
from incidents import kinds, kinds_team
from incidents.domain.observables import extract
from incidents.domain.words import MOST, words
from incidents.models import (
    DatedEvent,
    Evidence,
    Incident,
    LaterAnswer,
    Message,
    Note,
    Observable,
    Report,
    SearchText,
)
from incidents.models.search import purge
from incidents.services.observing import value_digest

NAME = "incidents.search"
_CHANGE_WORDS = (
    kinds.FILED, kinds.EDITED, kinds.NOTED, kinds.OBSERVED, kinds.VICTIM_WROTE, kinds.DESK_WROTE,
    kinds.EVIDENCE_RECEIVED, kinds.ANSWERED, kinds.QUALIFIED, kinds.WAITED, kinds.RESOLVED,
    kinds.CLOSED, kinds.REOPENED, kinds.REDIRECTED, kinds.REJECTED, kinds.MERGED, kinds.SPLIT,
    kinds.UNDONE, kinds.ERASED, kinds.DATED, kinds.REDATED, kinds.UNDATED, kinds.DATED_AGAIN,
    kinds_team.NOTE_EDITED, directory_kinds.ORGANISATION_EDITED,
)  # fmt: skip


def register() -> None:
    """Read what changes the words of cases; called when the app is ready."""
    kinds_heard = [kind.name for kind in _CHANGE_WORDS]
    consumers.register(NAME, follow, kinds=kinds_heard, latest=True)


def follow(event: Event) -> None:
    """Keep the words of the cases that *event* is about."""
    if event.kind == directory_kinds.ORGANISATION_EDITED.name:
        theirs = Incident.objects.filter(organisation__uuid=event.object_id)
        keep(theirs.values_list("pk", flat=True))
    elif event.incident is not None:
        keep([event.incident])


def keep(cases: Iterable[int]) -> None:
    """Make anew what these cases, by primary key, are found by; nothing is kept of an erased one."""
    rows = Incident.objects.select_related("organisation").filter(pk__in=list(cases))
    for case in rows:
        if case.erased_at is not None:
            SearchText.objects.filter(pk=case.pk).delete()
            continue
        SearchText.objects.bulk_create(
            [SearchText(incident=case, words=" ".join(_found_by(case)))],
            update_conflicts=True,
            unique_fields=["incident"],
            update_fields=["words"],
        )


def forget(cases: Collection[int]) -> None:
    """Take the words of an erasure out of the index, inside its change.

    *cases*: the erased one, and the one that held its reports.
    """
    keep(cases)
    purge()


def token(type: str, value: str) -> str:
    """Return the word that stands for one exact value of one type."""
    return f"v{value_digest(type, value)[:24]}"


def _found_by(case: Incident) -> list[str]:
    said = texts([case.pk])[case.pk]
    rows = case.observables.values_list("type", "value")
    exact = dict.fromkeys(token(*row) for row in rows)
    for text in said:
        exact |= dict.fromkeys(token(found.type, found.value) for found in extract(text))
    return [*exact, *words([case.reference, *_places(case), *said])][:MOST]


def _places(case: Incident) -> Iterator[str]:
    """Yield the names and codes of where a case is, former names included."""
    answers = Report.objects.filter(incident=case).values_list("answers", flat=True)
    named = [answer.get("ou") for answer in answers]
    codes = {code for given in named for code in (given if isinstance(given, list) else [given])}
    codes |= {case.commune_id, case.organisation.commune_id if case.organisation else None}
    insee = [code for code in codes if isinstance(code, str)]
    for commune in Commune.objects.select_related("department").filter(pk__in=insee):
        yield from (commune.name, commune.insee, *commune.postcodes, commune.department.name)
    former = FormerCommune.objects.filter(commune__in=insee)
    yield from former.values_list("name", flat=True)


def texts(cases: Collection[int]) -> dict[int, list[str]]:
    """Return all that is written about these cases, the most telling first; neither place nor code.

    Of messages and notes the newest come first.
    """
    found: dict[int, list[str]] = defaultdict(list)
    columns = ("title", "organisation_name", "organisation__name", "reason", "closing_words")
    reports = Report.objects.filter(incident__in=cases).order_by("filed_at", "pk")
    told = ("text", "contact_name", "contact_phone", "contact_email")
    rows = [
        *reports.values_list("incident", *told),
        *Incident.objects.filter(pk__in=cases).values_list("pk", *columns),
    ]
    for model in (Message, Note):
        said = model._default_manager.filter(incident__in=cases).order_by("-written_at", "-pk")
        rows += said.values_list("incident", "text")
    dated = DatedEvent.objects.filter(incident__in=cases, removed_at=None).order_by("-at", "-pk")
    rows += dated.values_list("incident", "text")
    rows += Observable.objects.filter(incident__in=cases).values_list("incident", "value")
    rows += Evidence.objects.filter(incident__in=cases).values_list("incident", "name")
    rows += LaterAnswer.objects.filter(incident__in=cases).values_list("incident", "answer")
    for case, *written in rows:
        found[case] += [text for text in written if text and isinstance(text, str)]
    return found
