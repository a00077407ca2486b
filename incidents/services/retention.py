"""What has been kept long enough is erased, by the rules of ``retention.yaml``; activity defers.

A case goes as one that its victim asked to erase. A duplicate goes before the case that holds its
reports, however far above, and only when that one has ended and rests too: else other people's cases
would come back, and a victim's would go while it is worked on there.
What another app keeps it adds with ``keeps``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from csirt.accounts.models import FailedAttempt
from csirt.directory import reference
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.reference.retention import RetentionRule
from incidents import kinds
from incidents.domain.lifecycle import TERMINAL
from incidents.domain.retention import cutoff
from incidents.evidence import store
from incidents.models import Download, Evidence, Incident, IncomingMail
from incidents.services import erasing

AT_ONCE = 20  # cases a turn: the worker has other work

_plain: dict[str, Callable[[datetime], QuerySet]] = {}


def keeps(record_: str, before: Callable[[datetime], QuerySet]) -> None:
    """Have the rows of a plain record deleted: *before* returns those older than a moment."""
    _plain[record_] = before


keeps("attempts", lambda at: FailedAttempt.objects.filter(minute__lt=at))


@dataclass(frozen=True)
class Due:
    """How much one rule would erase now; ``cases`` are the first references, for a person."""

    rule: RetentionRule
    count: int
    cases: list[str]


def rules() -> tuple[RetentionRule, ...]:
    """Return the rules in force."""
    return reference.current().retention.rules


def due(*, now: datetime) -> list[Due]:
    """Tell what each rule would erase now; nothing is changed."""
    found = []
    for rule in rules():
        rows = _rows(rule, now)
        of_cases = rule.record in {"case", "files"}
        cases = list(rows.values_list("reference", flat=True)[:AT_ONCE]) if of_cases else []
        found.append(Due(rule, rows.count(), cases))
    return found


def apply(*, now: datetime) -> int:
    """Erase what is due, ``AT_ONCE`` cases a rule at most; return how many records went."""
    gone = 0
    for rule in rules():
        rows = _rows(rule, now)
        if rule.record == "case":
            for pk in list(rows.values_list("pk", flat=True)[:AT_ONCE]):
                gone += _erase_case(pk, rule, now)
        elif rule.record == "files":
            for pk in list(rows.values_list("pk", flat=True)[:AT_ONCE]):
                gone += _erase_files(pk, rule, now)
        elif rule.record == "mails":
            gone += rows.update(name="", sender="", subject="", text="", raw=None)
        else:
            gone += rows.delete()[0]
    return gone


def _rows(rule: RetentionRule, now: datetime) -> QuerySet:
    before = cutoff(now, rule.after)
    if rule.record == "case":
        return _cases(rule, before)
    if rule.record == "files":
        sealed = Evidence.objects.filter(incident=OuterRef("pk"))
        return _resting(rule, before).filter(Exists(sealed)).order_by("changed_at")
    if rule.record == "mails":
        mails = IncomingMail.objects.filter(incident=None, report=None, received_at__lt=before)
        unsettled = Q(outcome=IncomingMail.Outcome.ASIDE, settled_at=None)
        return mails.exclude(unsettled).exclude(sender="", text="", raw=None)
    return _plain[rule.record](before)


def _resting(rule: RetentionRule, before: datetime) -> QuerySet[Incident]:
    """Return the ended cases of a rule that nobody has touched since, nor the cases they hang under."""
    found = Incident.objects.filter(state__in=TERMINAL, erased_at=None, changed_at__lt=before)
    rests = Q(merged_into__state__in=TERMINAL, merged_into__changed_at__lt=before)
    found = found.filter(Q(merged_into=None) | Q(merged_into__erased_at__isnull=False) | rests)
    if rule.states:
        found = found.filter(state__in=rule.states)
    if rule.victims:
        found = found.filter(victim_kind__in=rule.victims)
    return found.exclude(pk__in=_held(found, before))


def _held(found: QuerySet[Incident], before: datetime) -> list[int]:
    """Return the duplicates of duplicates among *found* whose reports hang under a case in use."""
    nested = found.filter(merged_into__merged_into__isnull=False)
    pairs = nested.values_list("pk", "merged_into__merged_into")
    tops = {pk: top for pk, top in pairs if top is not None}
    while True:
        rows = Incident.objects.filter(pk__in=set(tops.values()))
        links = rows.values_list("pk", "merged_into")
        above = {pk: top for pk, top in links if top is not None}
        if not above:
            break
        tops = {pk: above.get(top, top) for pk, top in tops.items()}
    rests = Q(state__in=TERMINAL, changed_at__lt=before) | Q(erased_at__isnull=False)
    resting = set(rows.filter(rests).values_list("pk", flat=True))
    return [pk for pk, top in tops.items() if top not in resting]


def _cases(rule: RetentionRule, before: datetime) -> QuerySet[Incident]:
    below = Incident.objects.filter(merged_into=OuterRef("pk"), erased_at=None)
    found = _resting(rule, before).filter(~Exists(below))
    for other in rules():
        if other is rule:
            break
        if other.record == "case":  # an earlier rule holds for what it fits, with its own time
            fits = Q(state__in=other.states or TERMINAL)
            found = found.exclude(
                fits & Q(victim_kind__in=other.victims) if other.victims else fits
            )
    return found.order_by("changed_at", "pk")


def _erase_case(pk: int, rule: RetentionRule, now: datetime) -> int:
    gone = _erased(pk, rule, now)
    if gone is None:
        return 0
    erasing.clear(gone)
    return 1


@change
def _erased(pk: int, rule: RetentionRule, now: datetime) -> erasing.Gone | None:
    erasing.lock(Incident.objects.only("uuid").get(pk=pk).uuid)
    case = _cases(rule, cutoff(now, rule.after)).filter(pk=pk).first()
    if case is None:  # somebody came back to it
        return None
    return erasing.erase(case, by=SYSTEM, now=now, rule=rule.id)


def _erase_files(pk: int, rule: RetentionRule, now: datetime) -> int:
    names = _files_gone(pk, rule, now)
    for name in names:
        store.discard(name)
    return 1 if names else 0


@change
def _files_gone(pk: int, rule: RetentionRule, now: datetime) -> list[str]:
    """Forget the files of a case; the case itself is not touched, so that its own time goes on."""
    erasing.lock(Incident.objects.only("uuid").get(pk=pk).uuid)
    case = _resting(rule, cutoff(now, rule.after)).filter(pk=pk).first()
    if case is None:
        return []
    return forget_files(case, Evidence.objects.filter(incident=case), rule=rule.id, now=now)


def forget_files(
    case: Incident, files: QuerySet[Evidence], *, rule: str, now: datetime
) -> list[str]:
    """Delete *files* of *case* and journal it, inside a change; return what the store still holds."""
    copies = Download.objects.filter(evidence__in=files).exclude(copy="")
    names = [*files.values_list("stored", flat=True), *copies.values_list("copy", flat=True)]
    if count := files.count():
        files.delete()
        record(kinds.FILES_ERASED, case, by=SYSTEM, at=now, data={"files": count, "rule": rule})
    return names
