"""Related cases: who is alike, by which reason. Done by the worker, made again at any time.

No event is recorded and no version raised: see ``incidents.models.related``. The one that erases a
case deletes what it was related to at once; the worker does it once more when it reads of that.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from csirt.journal import change
from incidents.domain.observables import ObservableType
from incidents.domain.similarity import ALIKE, bands, similarity, trigrams, words
from incidents.models import (
    Incident,
    Observable,
    ObservableRole,
    Reason,
    Relation,
    Report,
    TextBand,
)
from incidents.queries import joined
from incidents.services.harmless import joins_nobody

MOST = 50  # other cases looked at for one reason, the newest: what a wave costs has an end
WINDOW = timedelta(days=7)  # one town's people are worked on for days; later it is another story
_NEWEST_REPORTS = 5  # of a case that many were merged into
_IN_ONE_PLACE = 200  # cases of a commune whose written organisation is compared
_NAMED = 3  # shared observables that are kept, to be named
_NOT_RELATING = (ObservableRole.VICTIM, ObservableRole.FALSE_POSITIVE)


@dataclass(frozen=True)
class Found:
    """What one reason says of another case: see ``Relation``."""

    score: int = 0
    shared: list[str] = field(default_factory=list)


@change
def keep_bands(*, report: Report) -> None:
    """Keep by what the report's text is found; doing it twice is doing it once."""
    wanted = set(bands(trigrams(report.text)))
    known = set(report.bands.values_list("band", flat=True))
    TextBand.objects.bulk_create(TextBand(report=report, band=band) for band in wanted - known)


@change
def relate(*, incident: int, reasons: Collection[Reason], now: datetime) -> None:
    """Find again what relates a case, by these *reasons*; an erased one and a duplicate: nothing."""
    case = Incident.objects.get(pk=incident)
    stands_alone = case.erased_at is None and case.merged_into_id is None
    alone = Incident.objects.filter(erased_at=None, merged_into=None).exclude(pk=case.pk)
    for reason in reasons:
        rows = case.relations.filter(reason=reason)
        known = {row.other_id: Found(row.score, row.shared) for row in rows}
        found = FINDERS[reason](case, set(known)) if stands_alone else {}
        found = {pk: found[pk] for pk in alone.filter(pk__in=found).values_list("pk", flat=True)}
        kept = {pk for pk in found if found[pk] == known.get(pk)}
        gone = known.keys() - kept
        both = Q(incident=case, other__in=gone) | Q(incident__in=gone, other=case)
        Relation.objects.filter(both, reason=reason).delete()
        Relation.objects.bulk_create(
            Relation(
                incident_id=one, other_id=two, reason=reason, found_at=now,
                score=found[other].score, shared=found[other].shared,
            )
            for other in found.keys() - kept
            for one, two in ((case.pk, other), (other, case.pk))
        )  # fmt: skip


def forget(case: Incident) -> None:
    """Delete all that relates a case to others, and by what its texts are found; inside a change."""
    Relation.objects.filter(Q(incident=case) | Q(other=case)).delete()
    TextBand.objects.filter(report__first_incident=case).delete()


def _relating(rows: QuerySet[Observable]) -> QuerySet[Observable]:
    """Leave out what joins nobody: the victim's own, false positives, a port."""
    return rows.exclude(role__in=_NOT_RELATING).exclude(type=ObservableType.PORT)


def _by_observables(case: Incident, known: set[int]) -> dict[int, Found]:
    family = joined(case)
    own = _relating(Observable.objects.filter(incident__in=family)).order_by("-pk")
    mine = {
        digest
        for kind, value, digest in own.values_list("type", "value", "value_digest")[:MOST]
        if not joins_nobody(kind, value)
    }
    near: set[int] = set()
    for digest in mine:
        same = _relating(Observable.objects.filter(value_digest=digest)).order_by("-seen_at")
        near.update(same.exclude(incident__in=family).values_list("incident", flat=True)[:MOST])
    holders = _families(known | _newest(_holders(near)))
    rows = _relating(Observable.objects.filter(incident__in=holders, value_digest__in=mine))
    shared = defaultdict(set)
    for member, digest in rows.values_list("incident", "value_digest"):
        shared[holders[member]].add(digest)
    return {
        other: Found(len(digests), sorted(digests)[:_NAMED]) for other, digests in shared.items()
    }


def _by_text(case: Incident, known: set[int]) -> dict[int, Found]:
    mine = list(case.reports.order_by("-pk")[:_NEWEST_REPORTS])
    texts = [trigrams(report.text) for report in mine]
    near: set[int] = set()
    wanted = TextBand.objects.filter(report__in=mine).values_list("band", flat=True)
    for band in set(wanted):
        same = TextBand.objects.filter(band=band).exclude(report__in=mine).order_by("-report_id")
        near.update(same.values_list("report", flat=True)[:MOST])
    reports = Report.objects.filter(Q(pk__in=_newest(near)) | Q(incident__in=known))
    compared = reports.exclude(incident=case).order_by("-pk").values_list("incident", "text")
    alike: dict[int, float] = {}
    for other, text in compared[: 2 * MOST]:
        theirs = trigrams(text)
        best = max((similarity(one, theirs) for one in texts), default=0.0)
        alike[other] = max(best, alike.get(other, 0.0))
    return {other: Found(int(100 * best)) for other, best in alike.items() if best >= ALIKE}


def _by_organisation(case: Incident, known: set[int]) -> dict[int, Found]:
    """The same row of the directory; where one has none yet, the same name in the same commune."""
    near, name = set(known), words(case.organisation_name)
    if case.organisation_id:
        same = Incident.objects.filter(organisation=case.organisation_id).order_by("-pk")
        near.update(same.values_list("pk", flat=True)[:MOST])
    if case.commune_id and name:
        here = Incident.objects.filter(commune=case.commune_id).order_by("-opened_at")
        near.update(here.values_list("pk", flat=True)[:_IN_ONE_PLACE])
    rows = Incident.objects.filter(pk__in=near).order_by("-pk")
    found = []
    for row in rows.only("organisation", "organisation_name", "commune"):
        if case.organisation_id and row.organisation_id:
            same_one = case.organisation_id == row.organisation_id
        else:
            same_place = case.commune_id and case.commune_id == row.commune_id
            same_one = bool(same_place and name and name == words(row.organisation_name))
        if same_one:
            found.append(row.pk)
    return {pk: Found() for pk in {*found[: MOST + 1], *known.intersection(found)}}


def _by_place(case: Incident, known: set[int]) -> dict[int, Found]:
    if case.commune_id is None:
        return {}
    days = (case.opened_at - WINDOW, case.opened_at + WINDOW)
    same = Incident.objects.filter(
        commune=case.commune_id, category=case.category, opened_at__range=days
    )
    newest = set(same.order_by("-opened_at").values_list("pk", flat=True)[: MOST + 1])
    still = set(same.filter(pk__in=known).values_list("pk", flat=True))
    return {pk: Found() for pk in newest | still}


FINDERS: Mapping[Reason, Callable[[Incident, set[int]], dict[int, Found]]] = {
    Reason.OBSERVABLE: _by_observables,
    Reason.TEXT: _by_text,
    Reason.ORGANISATION: _by_organisation,
    Reason.PLACE: _by_place,
}


def _newest(keys: Iterable[int]) -> set[int]:
    return set(sorted(keys, reverse=True)[:MOST])


def _holders(cases: set[int]) -> set[int]:
    """Return the cases under which these hang now; each itself when it is no duplicate."""
    found: set[int] = set()
    while cases:
        rows = dict(Incident.objects.filter(pk__in=cases).values_list("pk", "merged_into"))
        found |= {pk for pk, into in rows.items() if into is None}
        cases = {into for into in rows.values() if into is not None}
    return found


def _families(cases: Iterable[int]) -> dict[int, int]:
    """Return these cases and all that hang under them, each with the one that it hangs under."""
    found = grown = {pk: pk for pk in cases}
    while grown:
        rows = Incident.objects.filter(merged_into__in=grown).values_list("pk", "merged_into")
        grown = {pk: found[into] for pk, into in rows if into is not None and pk not in found}
        found = found | grown
    return found
