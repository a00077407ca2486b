"""Every read of a case starts here, from ``visible_to(principal)``.

Hidden and absent are the same: an empty answer, and one ``NotFound``.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from csirt.accounts.models import User
from csirt.accounts.principals import Person, Principal, Victim
from csirt.accounts.roles import DESK, Role
from csirt.directory import reference
from csirt.directory.models import OperatorAgreement
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from csirt.prepared import Given, prepared
from incidents import kinds
from incidents.domain.clocks import earliest
from incidents.domain.lifecycle import UNDO_FOR
from incidents.domain.questions import upload_question
from incidents.models import (
    IS_LIVE,
    About,
    Consent,
    DatedEvent,
    Evidence,
    Incident,
    IncidentAccess,
    Message,
    Observable,
    Relation,
    Report,
    Tag,
    Tagging,
    Watch,
)

MOST_RELATIONS = 500  # rows read for one page
_OF_CAMPAIGNS = (kinds.GROUPED.name, kinds.UNGROUPED.name)


def visible_to(principal: Principal) -> QuerySet[Incident]:
    """Return the incidents that *principal* may know of; an empty set for everybody else."""
    if isinstance(principal, Victim):
        return Incident.objects.filter(pk=principal.incident_id)
    if not isinstance(principal, Person):
        return Incident.objects.none()
    if principal.role in DESK:
        named = IncidentAccess.objects.filter(incident=OuterRef("pk"), user=principal.user_id)
        return Incident.objects.filter(Q(restricted=False) | Exists(named))
    if principal.role == Role.OPERATOR:
        agreed = OperatorAgreement.objects.filter(
            organisation=OuterRef("organisation"),
            operator__people=principal.user_id,
            ended_at=None,
        )
        refused_here = Consent.objects.filter(
            incident=OuterRef("pk"), about=About.OPERATOR, given=False
        )
        return Incident.objects.filter(Exists(agreed), ~Exists(refused_here), restricted=False)
    return Incident.objects.none()


def hangs_under(principal: Principal, incident: str = "incident") -> Exists:
    """Return the condition that the case in the column *incident* is one that *principal* sees.

    Not ``incident__in``: for that, SQLite lists every visible case first.
    """
    return Exists(visible_to(principal).filter(pk=OuterRef(incident)))


def get(principal: Principal, incident: UUID, **more: Any) -> Incident:
    """Return one visible incident with what its page shows; raises ``NotFound``.

    *more*: expressions read with the same query.
    """
    case = whole(principal).filter(uuid=incident).annotate(**more).first()
    if case is None:
        raise NotFound
    return case


def whole(principal: Principal) -> QuerySet[Incident]:
    """Return the visible incidents, each with what its page shows."""
    return visible_to(principal).select_related(
        "organisation", "commune", "commune__department", "assignee", "merged_into", "campaign"
    )


def live(principal: Principal) -> QuerySet[Incident]:
    """Return the live set: what is visible and not in a terminal state."""
    return visible_to(principal).filter(IS_LIVE)


def reports(principal: Principal) -> QuerySet[Report]:
    """Return the reports of visible incidents.

    An operator reads those of cases that it may see by themselves: what hangs under one of them since
    the desk joined two is perhaps of people who agreed to nothing, or who said no.
    """
    found = Report.objects.filter(hangs_under(principal))
    if isinstance(principal, Person) and principal.works_cases:
        return found
    return found.filter(hangs_under(principal, "first_incident"))


def timeline(principal: Principal, case: Incident) -> QuerySet[Event]:
    """Return the events of a visible case, oldest first; a victim sees what is meant for them.

    Not what was taken back, nor a message that still may be. Campaigns are the desk's alone.
    """
    if isinstance(principal, Victim):
        return lasting(case).filter(audience="victim")
    return happened(principal, case.pk)


def happened(principal: Principal, case: Any) -> QuerySet[Event]:
    """Return the events of a case already seen by who is no victim, by its primary key, oldest first."""
    events = Event.objects.filter(incident=case).order_by("seq")
    if isinstance(principal, Person) and not principal.works_cases:
        return events.exclude(kind__in=_OF_CAMPAIGNS)
    return events


def lasting(case: Incident) -> QuerySet[Event]:
    """Return the events of a case already seen without what was taken back, or still may be written anew."""
    events = Event.objects.filter(incident=case.pk).order_by("seq")
    undone = list(events.filter(kind=kinds.UNDONE.name).values_list("data__undone", flat=True))
    fresh = Q(kind=kinds.DESK_WROTE.name, at__gt=now() - UNDO_FOR)
    acts = Incident._meta.label_lower  # other rows have versions of their own
    back = Q(actor__startswith="user:", object_type=acts, version__in=undone)
    return events.exclude(fresh).exclude(back)


def conversation(case: Incident) -> list[Message]:
    """Return the messages between the victim of a case already seen and the desk, oldest first.

    Only this case's own: when two people's cases are joined, neither reads the other. As the victim
    reads it: an answer stands here once it cannot be taken back any more.
    """
    fresh = Q(author__isnull=False, written_at__gt=now() - UNDO_FOR)
    return list(case.messages.exclude(fresh).order_by("written_at", "pk"))


def later_answers(case: Incident) -> dict[str, object]:
    """Return what was answered after sending, the latest of each question, of a case already seen."""
    rows = case.later_answers.order_by("given_at", "pk")
    return dict(rows.values_list("question", "answer"))


def known_answers(case: Incident) -> dict[str, object]:
    """Return every answer of the victim of a case already seen: of the report, then later ones."""
    report = Report.objects.filter(first_incident=case).order_by("filed_at", "pk").first()
    given = report.answers if report else {}
    return {"kind": case.victim_kind, **given, **later_answers(case)}


def begun(case: Incident, answers: Mapping[str, object]) -> datetime | None:
    """Return where the legal clocks of a case already seen begin: the earliest that is possible.

    That is the hour that was told or set, else the first moment that *answers* may mean; None
    while the victim must still be asked.
    """
    unasked = "quand" not in answers and case.knowledge_at != case.opened_at
    if case.knowledge_exact or unasked:
        return case.knowledge_at
    return earliest(answers, filed_at=case.opened_at)


def ticked(case: Incident, playbook: str, version: str) -> dict[str, str]:
    """Return which first gestures were ticked for a case already seen: number, and moment (UTC).

    The last time counts, of this playbook in this version.
    """
    for data in last_ticks(case):
        if (data["playbook"], data["version"]) == (playbook, version):
            return dict(zip(data["gestures"], data["moments"], strict=True))
    return {}


def last_ticks(case: Incident) -> list[dict[str, Any]]:
    """Return the last ticks of the first gestures of a case already seen, for each version shown."""
    events = Event.objects.filter(incident=case.pk, kind=kinds.GESTURES_TICKED.name)
    found = events.order_by("seq").values_list("data", flat=True)
    return list({(data["playbook"], data["version"]): data for data in found}.values())


def refused(case: Incident, about: str) -> bool:
    """Tell whether a victim of a case already seen, or joined to it, said no to *about*."""
    found = set(_refusals(about)(case=case.pk))
    return bool(found) and not found.isdisjoint(joined(case))


@prepared
def _refusals(about: str) -> QuerySet[Consent, int]:
    here = Q(incident=Given("case")) | Q(incident__merged_into__isnull=False)
    return Consent.objects.filter(here, about=about, given=False).values_list("incident", flat=True)


def joined(case: Incident) -> list[int]:
    """Return the primary keys of a case already seen and of all that were merged into it."""
    return list(assessments(case))


def assessments(case: Incident) -> dict[int, dict[str, Any]]:
    """Return what triage keeps of a case already seen and of all that were merged into it, by key.

    Looked up once for each row that was read: several parts of a page ask.
    """
    known: dict[int, dict[str, Any]] | None = case.__dict__.get("_joined")
    if known is not None:
        return known
    found, fresh = {case.pk: case.assessment}, [case.pk]
    while fresh:
        rows = _duplicates(len(fresh))(of=fresh)
        fresh = [key for key, _kept, has_more in rows if has_more and key not in found]
        found |= {key: kept for key, kept, _more in rows}
    case.__dict__["_joined"] = found
    return found


@prepared
def _duplicates(count: int) -> QuerySet[Incident, tuple[int, dict[str, Any], bool]]:
    below = Exists(Incident.objects.filter(merged_into=OuterRef("pk")))
    rows = Incident.objects.filter(merged_into__in=Given("of", count=count)).annotate(below=below)
    return rows.values_list("pk", "assessment", "below")


def joined_for(person: Person, case: Incident) -> list[int]:
    """Return those of ``joined(case)`` of which *person* may read what hangs on them: see ``reports``."""
    if person.works_cases or len(joined(case)) == 1:
        return joined(case)
    return list(visible_to(person).filter(pk__in=joined(case)).values_list("pk", flat=True))


def related(principal: Principal, case: Incident) -> list[Relation]:
    """Return what relates a case already seen to others that *principal* sees, the newest first.

    Each reason of each of them is a row; of one that is hidden there is none. What was merged into
    a case may be what is alike: who may not read it is told nothing of either.
    """
    return _related(principal)(case=case.pk)


@prepared
def _related(principal: Principal) -> QuerySet[Relation]:
    rows = Relation.objects.filter(hangs_under(principal, "other"), incident=Given("case"))
    if not (isinstance(principal, Person) and principal.works_cases):
        rows = rows.filter(incident__duplicates=None, other__duplicates=None)
    return rows.select_related("other__organisation").order_by("-other_id")[:MOST_RELATIONS]


def talk(person: Person, case: Incident) -> list[Message]:
    """Return the conversations that go on about a case already seen."""
    keys = joined_for(person, case)
    return _talk(len(keys))(cases=keys)


@prepared
def _talk(count: int) -> QuerySet[Message]:
    messages = Message.objects.filter(incident__in=Given("cases", count=count))
    return messages.select_related("author", "incident").order_by("written_at", "pk")


def dated(person: Person, case: Incident) -> QuerySet[DatedEvent]:
    """Return what analysts dated of a case already seen, and of what was merged into it."""
    return dated_of(joined_for(person, case))


def dated_of(cases: Any) -> QuerySet[DatedEvent]:
    """Return what analysts dated of the cases of these primary keys."""
    found = DatedEvent.objects.filter(incident__in=cases, removed_at=None)
    return found.select_related("author", "incident")


def appearances(principal: Principal, digest: str | OuterRef) -> QuerySet[Observable]:
    """Return where the value of *digest* was seen, in the cases that *principal* sees."""
    return Observable.objects.filter(hangs_under(principal), value_digest=digest)


def tags(principal: Principal) -> QuerySet[Tag]:
    """Return the tags of the cases that *principal* sees, by name; of others nothing is told."""
    borne = Tagging.objects.filter(hangs_under(principal), tag=OuterRef("pk"))
    return Tag.objects.filter(Exists(borne)).order_by("name")


def tagged(cases: QuerySet[Incident], names: Collection[str]) -> QuerySet[Incident]:
    """Return those of *cases* that bear one of the tags *names*."""
    return cases.filter(
        Exists(Tagging.objects.filter(tag__name__in=names, incident=OuterRef("pk")))
    )


def watchers(incident: int) -> list[User]:
    """Return who watches a case, by its primary key, and may see it now: for who tells them.

    Ordered by name. Nobody who left the desk, nor who is not named on a restricted case.
    """
    here = Watch.objects.filter(incident=incident, user=OuterRef("pk"))
    named = IncidentAccess.objects.filter(incident=incident, user=OuterRef("pk"))
    open_to_all = Incident.objects.filter(pk=incident, restricted=False)
    people = User.objects.filter(Exists(here), is_active=True, role__in=DESK)
    return list(people.filter(Exists(open_to_all) | Exists(named)).order_by("name", "pk"))


class Keeping(StrEnum):
    """What becomes of a mail that came whole: evidence, words alone, or nothing decided yet."""

    WHOLE = "whole"
    WORDS = "words"
    HELD = "held"


def keeping(case: Incident) -> Keeping:
    """Tell what may be kept of a mail of this case.

    While words only suggest what closes uploads, nothing is kept as a file and nothing is lost.
    """
    told = _told(case)
    if _files_allowed(case, told, suspected=True):
        return Keeping.WHOLE
    return Keeping.HELD if _files_allowed(case, told, suspected=False) else Keeping.WORDS


def takes_files(case: Incident) -> bool:
    """Tell whether files are taken for a case already seen: every report and later answer allow it.

    They are not while the person concerned is or may be a minor, or for sexual blackmail: the files
    question of the reference data says when. A flag that words suggest counts until it is cleared.
    """
    return _files_allowed(case, _told(case), suspected=True)


def _told(case: Incident) -> list[dict[str, Any]]:
    """Return what each report of a case answers, with the later answers."""
    reports = Report.objects.filter(Q(incident=case) | Q(first_incident=case))
    later = later_answers(case)
    return [
        {"kind": case.victim_kind, **given, **later}
        for given in list(reports.values_list("answers", flat=True)) or [{}]
    ]


def _files_allowed(case: Incident, told: list[dict[str, Any]], *, suspected: bool) -> bool:
    """*suspected*: what words suggest counts too, beside what is sure."""
    bundle, flags = reference.current(), list(case.assessment.get("flags", ()))
    if suspected:
        flags += case.assessment.get("suspected", ())
    return all(
        upload_question(bundle, answers, category=case.category, flags=flags)[1] for answers in told
    )


def evidence(person: Person, case: Incident) -> list[Evidence]:
    """Return the files of a case already seen and of those merged into it, oldest first."""
    keys = joined_for(person, case)
    return _files(len(keys))(cases=keys)


@prepared
def _files(count: int) -> QuerySet[Evidence]:
    files = Evidence.objects.filter(incident__in=Given("cases", count=count))
    return files.select_related("incident").order_by("received_at", "pk")


def evidence_of(principal: Principal, incident: UUID, evidence: UUID) -> Evidence:
    """Return one file of one visible case; raises ``NotFound``."""
    files = Evidence.objects.filter(hangs_under(principal), incident__uuid=incident)
    found = files.select_related("incident").filter(uuid=evidence).first()
    if found is None:
        raise NotFound
    return found


def custody(row: Evidence) -> QuerySet[Event]:
    """Return all that happened to a file already seen, oldest first."""
    return Event.objects.filter(
        incident=row.incident_id, object_type=Evidence._meta.label_lower, object_id=str(row.uuid)
    ).order_by("seq")
