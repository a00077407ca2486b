"""Erasing a case: what people told is gone; what is counted stays, and the journal still verifies.

Nothing of this comes back. The rows go in one change; the sealed files after it, and what cannot be
deleted then is swept as any file that no row names. What another app holds of the case goes in the
same change: it answers ``kinds.ERASED`` with ``csirt.journal.withdraws``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from csirt.accounts.models import Session
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.journal import change, record
from csirt.journal.change import Actor
from csirt.journal.epoch import SYSTEM
from csirt.kernel import codes
from csirt.kernel.errors import Conflict, NotAllowed, NotFound
from incidents import kinds
from incidents.domain.lifecycle import TERMINAL
from incidents.evidence import store
from incidents.models import (
    AccessCode,
    AddressTrust,
    CallBack,
    Clock,
    Consent,
    DatedEvent,
    Download,
    Draft,
    ErasureRequest,
    Evidence,
    FollowUp,
    Incident,
    IncomingMail,
    LaterAnswer,
    LegalText,
    Message,
    News,
    Note,
    Notice,
    Observable,
    Pack,
    Report,
    Review,
    ReviewAction,
    Step,
    Tagging,
    TextDraft,
    Watch,
)
from incidents.models.mail import address_digest
from incidents.services import indexing, merging, relating, tagging
from incidents.services.following import VISIT
from incidents.services.loading import worked_case

WAITS = timedelta(days=7)  # from the answer: time to read it, to keep a copy, to think again
AT_ONCE = 20  # cases a turn: the worker has other work


@dataclass(frozen=True)
class Gone:
    """What an erasure leaves to clear outside its change: sealed files, visits by their codes."""

    files: list[str]
    codes: set[int]


def due_at(request: ErasureRequest) -> datetime | None:
    """Return when an accepted request is carried out; None for any other."""
    accepted = request.accepted and request.answered_at
    return request.answered_at + WAITS if accepted and request.answered_at else None


def erase_due(*, now: datetime) -> int:
    """Erase the cases whose victim has had the time to read the answer; returns how many."""
    due = ErasureRequest.objects.filter(
        accepted=True,
        answered_at__lte=now - WAITS,
        incident__erased_at=None,
        incident__state__in=TERMINAL,
    )
    found = list(due.order_by("answered_at").values_list("incident__uuid", flat=True)[:AT_ONCE])
    for incident in found:
        clear(_erase_due(incident=incident, now=now))
    return len(found)


def erase_now(*, incident: UUID, version: int, by: Person, now: datetime) -> None:
    """Carry out an accepted request without waiting.

    Raises ``NotFound``, ``NotAllowed`` for who is no lead, ``Conflict`` when none is accepted or
    the case has changed since *version*.
    """
    clear(_erase_now(incident=incident, version=version, by=by, now=now))


@change
def _erase_due(*, incident: UUID, now: datetime) -> Gone:
    asked = ErasureRequest.objects.filter(incident__uuid=incident, accepted=True)
    lock(incident)
    case = Incident.objects.get(uuid=incident)
    if case.erased_at is not None or not asked.filter(answered_at__lte=now - WAITS).exists():
        return Gone([], set())  # somebody else was faster
    return erase(case, by=SYSTEM, now=now)


@change
def _erase_now(*, incident: UUID, version: int, by: Person, now: datetime) -> Gone:
    lock(incident)
    case = worked_case(by, incident, version)
    if by.role != Role.LEAD:
        raise NotAllowed("Seul un responsable peut effacer sans attendre.")
    if not ErasureRequest.objects.filter(incident=case, accepted=True).exists():
        raise Conflict("Il n'y a plus rien à décider ici.", code="settled", state=case.state)
    return erase(case, by=by, now=now)


def erase(case: Incident, *, by: Actor, now: datetime, rule: str = "") -> Gone:
    """Erase a case that has ended; what it leaves is its row, for counting, and the journal's.

    *rule* is that of retention, where nobody asked.
    Inside a change that holds it. Duplicates that hang under it are other people's: they come back
    first. Raises ``Conflict`` for a case that is still worked on.
    """
    if case.state not in TERMINAL:
        raise Conflict("Terminez d'abord le dossier.", code="wrong-state", state=case.state)
    holder = merging.holder_of(case)
    for other in Incident.objects.filter(merged_into=case, erased_at=None).order_by("pk"):
        merging.separate(other, holder, by=by, now=now)
    reports = Report.objects.filter(first_incident=case)
    opened = AccessCode.objects.filter(incident=case).values_list("pk", flat=True)
    gone = Gone(_files(case), set(opened))
    _forget_drafts(reports)
    mails = _blank_mails(case, reports, now)
    _delete_notices(case)
    for model in (
        AccessCode, CallBack, Clock, Consent, DatedEvent, Evidence, FollowUp, LaterAnswer, LegalText,
        Message, News, Note, Observable, Pack, Review, ReviewAction, Step, Tagging, TextDraft, Watch,
    ):  # fmt: skip
        model._default_manager.filter(incident=case).delete()
    relating.forget(case)
    tagging.sweep()
    requests = ErasureRequest.objects.filter(incident=case)
    requests.filter(answered_at=None).delete()
    requests.update(answer="")
    reports.update(
        text="", answers={}, own_domains=[], fields_mac="",
        contact_name="", contact_phone="", contact_email="",
    )  # fmt: skip
    case.blank(now)
    case.store(now)
    indexing.forget({case.pk, holder.pk})
    data = {"state": case.state, "files": len(gone.files), "mails": mails, "rule": rule}
    record(kinds.ERASED, case, by=by, at=now, data=data)
    if holder.pk != case.pk:
        holder = Incident.locked(holder.uuid)
        holder.store(holder.changed_at if rule else now)  # what time alone did is no activity
        record(kinds.EDITED, holder, by=by, at=now, data={"fields": ["reports"]})
    return gone


def lock(incident: UUID) -> None:
    """Lock the case with what hangs under it and what it hangs under, by primary key."""
    found = Incident.objects.filter(uuid=incident).first()
    if found is None:
        raise NotFound
    merging.lock({*merging.family_of(found), merging.holder_of(found).pk})


def clear(gone: Gone) -> None:
    """Delete the files that no row names any more, and the visits that no code opens any more."""
    for name in gone.files:
        store.discard(name)
    if gone.codes:
        visits = Session.objects.filter(user=None).iterator()
        over = [
            row.pk for row in visits if row.get_decoded().get(VISIT, {}).get("access") in gone.codes
        ]
        Session.objects.filter(pk__in=over).delete()


def _files(case: Incident) -> list[str]:
    copies = Download.objects.filter(evidence__incident=case).exclude(copy="")
    files = Evidence.objects.filter(incident=case)
    packs = Pack.objects.filter(incident=case).exclude(copy="")
    return [
        *files.values_list("stored", flat=True),
        *copies.values_list("copy", flat=True),
        *packs.values_list("copy", flat=True),
    ]


def _forget_drafts(reports: QuerySet[Report]) -> None:
    """Delete the drafts that were sent from another device than the one that holds them."""
    sent = set(reports.values_list("idempotency", flat=True))
    drafts = Draft.objects.values_list("pk", "token").iterator()
    Draft.objects.filter(
        pk__in=[pk for pk, token in drafts if codes.idempotency(token) in sent]
    ).delete()


def _blank_mails(case: Incident, reports: QuerySet[Report], now: datetime) -> int:
    """Empty the mails of the case; returns how many. Their rows stay: none is taken in again.

    A mail of no case, from an address that only this case gave, goes with them.
    """
    own = IncomingMail.objects.filter(
        Q(incident=case) | Q(report__in=reports) | Q(message__incident=case)
    )
    addresses = {text.lower() for text in reports.values_list("contact_email", flat=True) if text}
    elsewhere = Report.objects.exclude(pk__in=reports).annotate(key=Lower("contact_email"))
    addresses -= set(elsewhere.filter(key__in=addresses).values_list("key", flat=True))
    AddressTrust.objects.filter(pk__in=[address_digest("mail", one) for one in addresses]).delete()
    prints = list(own.values_list("fingerprint", flat=True))
    others = IncomingMail.objects.filter(incident=None)
    loose = others.filter(Q(fingerprint__in=prints) | Q(sender__in=addresses))
    keys = {*own.values_list("pk", flat=True), *loose.values_list("pk", flat=True)}
    mails = IncomingMail.objects.filter(pk__in=keys)
    mails.filter(outcome=IncomingMail.Outcome.ASIDE, settled_at=None).update(settled_at=now)
    mails.update(name="", sender="", subject="", text="", raw=None, message=None)
    return len(keys)


def _delete_notices(case: Incident) -> None:
    """Delete what was written to these people; what it carried for another case goes by itself."""
    notices = Notice.objects.filter(incident=case)
    Notice.objects.filter(carrier__in=notices).exclude(incident=case).update(carrier=None)
    notices.delete()
