"""What analysts do to a case beside its life: assign, note, name, restrict, set the TLP, read."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK, Role
from csirt.directory.models import Commune, Organisation
from csirt.journal import change, record
from csirt.journal.models import Event
from csirt.kernel.errors import Invalid, NotAllowed
from csirt.kernel.text import clean_line
from csirt.kernel.tlp import Pap, Tlp
from incidents import kinds
from incidents.domain.moments import MOMENT_SENTENCES, OLDEST
from incidents.models import Incident, IncidentAccess, Note, Watch
from incidents.services import merging, notes
from incidents.services.clock_warnings import heed
from incidents.services.clocks import refresh
from incidents.services.loading import required_text, seen_case, worked_case

ONE_READING = timedelta(hours=1)


@change
def opened(*, case: Incident, by: Person, now: datetime) -> None:
    """Note who read a case: one event for each person, case and hour."""
    if not readings(case.pk, by, now - ONE_READING).exists():
        record(kinds.OPENED, case, by=by, at=now)


def readings(case: Any, by: Person, since: Any) -> QuerySet[Event]:
    """Return that *by* read a case, by its primary key or a reference to it, after *since*."""
    return Event.objects.filter(incident=case, kind=kinds.OPENED.name, actor=by.actor, at__gt=since)


def note_progress(case: Incident, progress: str) -> None:
    """Keep how far the steps of a case are, for its row; inside a change that holds it and records why.

    No new version: who acts on the case in that second contradicts nobody.
    """
    if progress != case.progress:
        case.progress = progress
        Incident.objects.filter(pk=case.pk).update(progress=progress)


@change
def assign(*, incident: UUID, version: int, by: Person, to: UUID | None, now: datetime) -> Incident:
    """Give the case to somebody of the desk, or to nobody.

    Anybody may take a case that nobody has, or give away their own; a lead may reassign any. On a
    restricted case only the named people may be given it.
    """
    case = worked_case(by, incident, version)
    previous = case.assignee
    if previous and previous.pk != by.user_id and by.role != Role.LEAD:
        raise NotAllowed("Seul un responsable peut réattribuer le dossier d'un collègue.")
    person = None
    if to is not None:
        person = User.objects.filter(uuid=to, is_active=True, role__in=DESK).first()
        named = not case.restricted or (
            person is not None
            and IncidentAccess.objects.filter(incident=case, user=person).exists()
        )
        if person is None or not named:
            raise Invalid(
                "Cette personne ne peut pas prendre ce dossier.",
                fields={"to": "Choisissez quelqu'un de la liste."},
            )
    case.assignee = person
    case.store(now)
    data = {
        "assignee": str(person.uuid) if person else "",
        "previous": str(previous.uuid) if previous else "",
    }
    record(kinds.ASSIGNED, case, by=by, at=now, data=data)
    return case


@change
def add_note(*, incident: UUID, by: Person, text: str, now: datetime) -> Note:
    """Write a note for colleagues; operators may too. No victim and no partner ever sees it.

    Whom it mentions is told, if they may see the case.
    """
    case = seen_case(by, incident)
    note = Note.objects.create(
        incident=case,
        author=User.objects.get(pk=by.user_id),
        text=required_text(text, "text"),
        written_at=now,
    )
    case.store(now)
    record(kinds.NOTED, case, by=by, at=now, data={"note": str(note.uuid)})
    notes.tell_mentioned(case, note, by=by, now=now)
    return note


@change
def edit(
    *,
    incident: UUID,
    version: int,
    by: Person,
    now: datetime,
    title: str | None = None,
    organisation: UUID | None = None,
    commune: str | None = None,
    knowledge_at: datetime | None = None,
) -> Incident:
    """Correct the title, the organisation, the commune or the moment of knowledge.

    What is None is left as it is; nothing at all changes nothing.
    """
    case = worked_case(by, incident, version)
    fields, changes = [], {}
    if title is not None:
        case.title = clean_line(title)[:200]
        fields.append("title")
    if organisation is not None:
        found = Organisation.objects.filter(uuid=organisation).first()
        if found is None:
            raise Invalid(
                "Cette organisation n'est pas connue.",
                fields={"organisation": "Choisissez une organisation de l'annuaire."},
            )
        case.organisation = found
        case.commune = found.commune or case.commune
        fields.append("organisation")
    if commune is not None:
        place = Commune.objects.filter(pk=clean_line(commune)).first()
        if place is None:
            raise Invalid(
                "Cette commune n'est pas connue.",
                fields={"commune": "Choisissez votre commune dans la liste."},
            )
        case.commune = place
        fields.append("commune")
    if knowledge_at is not None:
        if knowledge_at > now:
            raise Invalid(
                "Ce moment est à venir.", fields={"knowledge_at": "Donnez une date passée."}
            )
        if knowledge_at < now - OLDEST:
            raise Invalid(
                "Cette date est trop ancienne.",
                fields={"knowledge_at": MOMENT_SENTENCES["too_old"]},
            )
        changes["knowledge_at"] = [_moment(case.knowledge_at), _moment(knowledge_at)]
        case.knowledge_at, case.knowledge_exact = knowledge_at, True
        fields.append("knowledge_at")
        refresh(case, now)
        heed(case, by, now)
    if not fields:
        return case
    case.store(now)
    data = {"fields": fields, **({"changes": changes} if changes else {})}
    record(kinds.EDITED, case, by=by, at=now, data=data)
    return case


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="minutes") if at else ""


@change
def set_tlp(
    *, incident: UUID, version: int, by: Person, tlp: Tlp, now: datetime, pap: Pap | None = None
) -> Incident:
    """Change how far the case may travel. Raising withdraws at once; only a lead may lower."""
    case = worked_case(by, incident, version)
    old = Tlp(case.tlp)
    if tlp < old and by.role != Role.LEAD:
        raise NotAllowed("Seul un responsable peut abaisser le TLP.")
    if tlp == old and (pap is None or pap == case.pap):
        return case
    case.tlp, case.pap = tlp, pap or case.pap
    case.store(now)
    if tlp == old:
        record(kinds.EDITED, case, by=by, at=now, data={"fields": ["pap"]})
        return case
    kind = kinds.TLP_RAISED if tlp > old else kinds.TLP_LOWERED
    record(kind, case, by=by, at=now, data={"old": old, "new": tlp})
    return case


@change
def restrict(
    *, incident: UUID, version: int, by: Person, people: Collection[UUID], now: datetime
) -> Incident:
    """Keep a case to named people of the desk; *by* is always one of them.

    Raises ``Invalid`` when its reports hang under a case that others see, or those of a case that
    is kept to fewer people hang under it: see ``merging``.
    """
    case = worked_case(by, incident, version)
    named = list(User.objects.filter(uuid__in=[*people, by.uuid], is_active=True, role__in=DESK))
    if len(named) != len({*people, by.uuid}):
        raise Invalid(
            "Une personne n'est pas de l'équipe.", fields={"people": "Choisissez dans la liste."}
        )
    _refuse_to_show(case, {user.pk for user in named})
    before = set(IncidentAccess.objects.filter(incident=case).values_list("user__uuid", flat=True))
    IncidentAccess.objects.filter(incident=case).delete()
    IncidentAccess.objects.bulk_create(IncidentAccess(incident=case, user=user) for user in named)
    Watch.objects.filter(incident=case).exclude(user__in=named).delete()
    after = {user.uuid for user in named}
    was, case.restricted = case.restricted, True
    if case.assignee and case.assignee.uuid not in after:
        case.assignee = None
    case.store(now)
    if was:
        data = {
            "added": sorted(str(uuid) for uuid in after - before),
            "removed": sorted(str(uuid) for uuid in before - after),
        }
        record(kinds.ACCESS_CHANGED, case, by=by, at=now, data=data)
    else:
        people_named = sorted(str(uuid) for uuid in after)
        record(kinds.RESTRICTED, case, by=by, at=now, data={"people": people_named})
    return case


def _refuse_to_show(case: Incident, named: Collection[int] | None) -> None:
    """Raise ``Invalid`` when reports of a restricted case would be read by who is not named on it.

    *named*: the primary keys of the people who will see *case*; None for the whole desk.
    """
    holder = merging.holder_of(case)
    kept = holder.restricted and merging.named(holder) <= set(named or ())
    if named is not None and holder.pk != case.pk and not kept:
        raise Invalid(
            "Les signalements de ce dossier sont dans un autre, que d'autres personnes voient.",
            code="joined",
            fields={"people": "Séparez-le d'abord, ou restreignez l'autre dossier."},
        )
    below = merging.family_of(case) - {case.pk}
    for other in Incident.objects.filter(pk__in=below, restricted=True):
        if named is None or not set(named) <= merging.named(other):
            raise Invalid(
                "Des signalements de ce dossier viennent d'un autre, que moins de personnes voient.",
                code="joined",
                fields={"people": "Séparez-le d'abord, ou ouvrez l'accès de l'autre dossier."},
            )


@change
def unrestrict(*, incident: UUID, version: int, by: Person, now: datetime) -> Incident:
    """Open a restricted case to the whole desk again; a lead who is named on it."""
    case = worked_case(by, incident, version)
    if by.role != Role.LEAD:
        raise NotAllowed("Seul un responsable peut rouvrir l'accès à toute l'équipe.")
    _refuse_to_show(case, None)
    IncidentAccess.objects.filter(incident=case).delete()
    case.restricted = False
    case.store(now)
    record(kinds.UNRESTRICTED, case, by=by, at=now)
    return case
