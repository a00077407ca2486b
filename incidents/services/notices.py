"""Notices to people outside: planned from an event, claimed, settled. Nothing is sent here.

A notice is claimed by moving its ``due_at``: a worker that dies leaves it to another, later, under
the same name. So each is sent at least once, and a second time only when a worker was killed
between the server's acceptance and the mark.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.directory.models import Contact
from csirt.journal import change, record
from csirt.journal.change import Actor
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Event
from csirt.kernel.errors import Invalid, NotAllowed, NotFound
from incidents import kinds_mail as kinds
from incidents import kinds_team
from incidents.models.incident import Incident
from incidents.models.mail import AddressTrust, Notice, Trust, address_digest
from incidents.models.report import Report
from incidents.queries import hangs_under
from incidents.services import telling, undoing
from incidents.services.loading import worked_case

LEASE = timedelta(minutes=3)  # longer than a whole conversation with a slow server
PAUSES = tuple(timedelta(minutes=m) for m in (1, 4, 15, 60))  # an hour without a server parks none
MOST_TRIES = len(PAUSES) + 1
HOUR = timedelta(hours=1)
UNDO = undoing.FOR + timedelta(seconds=2)  # until then what happened may be taken back
MOST_AN_HOUR = 3  # to one address (case A14)
MOST_AN_HOUR_WITHIN = 12  # to somebody of the desk: what comes between travels in the next
APART_FOR = timedelta(days=3)  # that what is about no case waits for a server
_LOOKS = 50  # notices looked at for one claim


def plan(
    event: Event, case: Incident, *, channel: str, about: str, report: Report, address: str,
    answers: str = "",
) -> None:  # fmt: skip
    """Note that *address* is to hear of *event*; once, whatever is repeated. Inside a change."""
    plan_for(
        event, case, channel=channel, about=about, address=address, answers=answers,
        language=report.language,
    )  # fmt: skip


def plan_for(
    event: Event, case: Incident, *, channel: str, about: str, address: str, answers: str = "",
    language: str = "fr",
) -> None:  # fmt: skip
    """Do the same for an address that no report gave."""
    Notice.objects.get_or_create(
        channel=channel,
        digest=address_digest(channel, address),
        epoch=event.epoch,
        seq=event.seq,
        kind=event.kind,
        defaults={
            "incident": case,
            "about": about,
            "address": address,
            "language": language,
            "answers": answers,
            "made_at": event.at,
            "due_at": event.at + (UNDO if undoing.may_be_undone(event) else timedelta()),
        },
    )


def plan_apart(
    event: Event, *, channel: str, about: str, language: str, address: str
) -> None:  # fmt: skip
    """Note that *address* is to be told something that is about no case, once. Inside a change."""
    Notice.objects.get_or_create(
        channel=channel,
        digest=address_digest(channel, address),
        epoch=event.epoch,
        seq=event.seq,
        kind=event.kind,
        defaults={
            "about": about, "address": address, "language": language, "made_at": event.at,
            "due_at": event.at,
        },
    )  # fmt: skip


@transaction.atomic
def give_up_apart(*, at: datetime) -> int:
    """Drop what is about no case and could not leave for ``APART_FOR``, and forget the addresses."""
    return _give_up(_apart().filter(made_at__lt=at - APART_FOR))


def take_back_apart(events: QuerySet[Event]) -> int:
    """Drop what was to tell of *events* and has not left; return how many. Inside a change."""
    return _give_up(_apart().filter(kind__in=events.values("kind"), seq__in=events.values("seq")))


def _apart() -> QuerySet[Notice]:
    """Return what is about no case, for nobody of the desk, and still has an address."""
    return Notice.objects.filter(incident=None, user=None).exclude(address="")


def _give_up(rows: QuerySet[Notice]) -> int:
    keys = list(rows.values_list("pk", flat=True))
    # What one of them carried goes by itself, unless it is given up too.
    Notice.objects.filter(carrier__in=keys, state=Notice.State.WAITING).update(carrier=None)
    return Notice.objects.filter(pk__in=keys).update(
        state=Notice.State.DROPPED, address="", carrier=None
    )


@change
def claim(*, channels: Collection[str], at: datetime) -> Notice | None:
    """Return the next notice to send, this worker's until the lease ends; None when none is due.

    What may not be sent is withheld on the way; an address that had its three mails of the hour
    waits for the next.
    """
    for _look in range(_LOOKS):
        found = _due(channels, at).first()
        if found is None:
            return None
        # All that waits for the address, in one order: two workers cannot both count the hour.
        waiting = Notice.objects.select_for_update(of=("self",), no_key=True).filter(
            digest=found.digest, channel=found.channel, state=Notice.State.WAITING, user=found.user,
            incident__isnull=found.incident_id is None,
        )  # fmt: skip
        rows = {row.pk: row for row in waiting.order_by("pk")}
        notice = rows.get(found.pk)
        if notice is None or notice.due_at > at or notice.carrier_id is not None:
            continue  # somebody else was faster
        if undoing.was_undone(notice.seq):
            notice.state = Notice.State.DROPPED
            notice.save()
            continue
        if not _may_go(notice, rows, at):
            continue
        until = _full_until(notice, at)
        if until is not None:
            Notice.objects.filter(pk__in=rows, carrier=None, due_at__lt=until).update(due_at=until)
            continue
        if notice.tries >= MOST_TRIES:  # its workers died each time
            _park(notice, "", at)
            continue
        if notice.tried_at is None:  # later, the same mail: it may have arrived
            fresh = [r.pk for r in rows.values() if r.tried_at is None and r.carrier_id is None]
            others = Notice.objects.filter(pk__in=fresh, state=Notice.State.WAITING)
            others.exclude(pk=notice.pk).update(carrier=notice)
        notice.tries += 1
        notice.tried_at, notice.due_at = at, at + LEASE
        notice.save()
        return notice
    return None


def references(notice: Notice) -> list[str]:
    """Return the references of the cases that a notice is about: its own, and those it carries."""
    if notice.incident is None:
        return []
    cases = Incident.objects.filter(notices__in=[notice, *notice.carried.all()])
    others = set(cases.values_list("reference", flat=True)) - {notice.incident.reference}
    return [notice.incident.reference, *sorted(others)]


@change
def settle_sent(*, notice: Notice, at: datetime) -> None:
    """Mark a notice, and those it carried, as taken by the server."""
    sendable = [Notice.State.WAITING, Notice.State.PARKED]
    for row in _with_carried(notice).filter(state__in=sendable):
        row.state, row.sent_at, row.error = Notice.State.SENT, at, ""
        _forget(row)
        row.save()
        if row.user_id is not None:
            data = {"about": row.about, "tries": notice.tries}
            record(kinds_team.TEAM_MAILED, row, by=SYSTEM, at=at, data=data)
            continue
        data = {"channel": row.channel, "tries": notice.tries}
        record(kinds.NOTICE_SENT, row, by=SYSTEM, at=at, data=data)


@change
def settle_failed(*, notice: Notice, error: str, at: datetime) -> None:
    """Have a notice tried again later; parked after five failures."""
    row = Notice.objects.select_for_update(no_key=True).filter(pk=notice.pk).first()
    if row is None or row.state != Notice.State.WAITING or row.tries != notice.tries:
        return  # somebody else has it by now
    if row.tries >= MOST_TRIES:
        _park(row, error, at)
        return
    row.error, row.due_at = error[:200], at + PAUSES[row.tries - 1]
    row.save()


@change
def settle_refused(*, notice: Notice, error: str, at: datetime) -> None:
    """Mark the address as dead: the server said that nobody is there.

    That of somebody of the desk is no case's: what was for them waits for a decision.
    """
    if notice.user_id is not None or notice.incident is None:
        for row in _with_carried(notice).filter(state=Notice.State.WAITING):
            _park(row, error, at)
        return
    judge_address(
        case=notice.incident, channel=notice.channel, address=notice.address, trust=Trust.DEAD,
        why="refused", by=SYSTEM, now=at,
    )  # fmt: skip
    for row in _with_carried(notice).filter(state=Notice.State.WAITING):
        row.error = error[:200]
        _withhold(row, Trust.DEAD, at)


@change
def retry(*, notice: UUID, by: Person, now: datetime) -> Notice:
    """Send a parked notice after all. Raises ``NotFound``, ``NotAllowed``."""
    row = _parked(notice, by)
    row.state, row.tries, row.due_at = Notice.State.WAITING, 0, now
    row.save()
    row.carried.filter(state=Notice.State.PARKED).update(state=Notice.State.WAITING)
    record(kinds.NOTICE_RETRIED, row, by=by, at=now, data={"channel": row.channel})
    return row


@change
def drop(*, notice: UUID, by: Person, now: datetime) -> Notice:
    """Give a parked notice up. Raises ``NotFound``, ``NotAllowed``."""
    row = _parked(notice, by)
    row.state = Notice.State.DROPPED
    row.save()
    row.carried.filter(state=Notice.State.PARKED).update(state=Notice.State.DROPPED)
    record(kinds.NOTICE_DROPPED, row, by=by, at=now, data={"channel": row.channel})
    return row


@change
def judge_contact(*, incident: UUID, by: Person, report: UUID, trust: str, now: datetime) -> None:
    """Say whether the mail address that a report of the case gave may be used.

    Raises ``NotFound``, ``NotAllowed``, ``Invalid`` for a value that is not in its list.
    """
    case = worked_case(by, incident, None)
    row = Report.objects.filter(uuid=report, incident=case).exclude(contact_email="").first()
    if row is None:
        raise NotFound
    if trust not in Trust.values:
        raise Invalid(
            "Une valeur n'est pas dans sa liste.",
            fields={"trust": "Choisissez une valeur de la liste."},
        )
    judge_address(
        case=case, channel="mail", address=row.contact_email, trust=Trust(trust), why="analyst",
        by=by, now=now,
    )  # fmt: skip


@change
def judge_address(
    *, case: Incident, channel: str, address: str, trust: Trust, why: str, by: Actor,
    now: datetime,
) -> None:  # fmt: skip
    """Say whether an address may be used, for every case in which it stands."""
    digest = address_digest(channel, address)
    row = AddressTrust.objects.select_for_update(no_key=True).filter(pk=digest).first()
    previous = row.trust if row else ""
    if previous == trust:
        return
    AddressTrust.objects.update_or_create(
        digest=digest, defaults={"trust": trust, "why": why, "since": now}
    )
    data = {"channel": channel, "trust": trust.value, "previous": previous, "why": why}
    record(kinds.ADDRESS_JUDGED, case, by=by, at=now, data=data)


def trust_of(channel: str, address: str, case: Incident | None) -> Trust:
    """Return whether *address* may be used for *case*; see ``trusts``."""
    return trusts(channel, [address], case)[address]


def trusts(
    channel: str,
    addresses: Collection[str],
    case: Incident | None,
    given: Iterable[Report] | None = None,
) -> dict[str, Trust]:
    """Return whether each of *addresses* may be used for *case*; *given* are its reports, if read.

    What an analyst or a server said of an address comes first, then the directory's contacts, then
    the answers of who gave it: a hacked mailbox is not written to until an analyst has called.
    """
    digests = {one: address_digest(channel, one) for one in addresses}
    name = "email" if channel == "mail" else "phone"
    doubts = Contact.objects.exclude(**{f"{name}_trust": Contact.Trust.GOOD})
    listed = doubts.annotate(key=Lower(name), said=F(f"{name}_trust")).values_list("key", "said")
    judged = AddressTrust.objects.filter(pk__in=digests.values())
    known = dict(
        judged.annotate(key=F("digest"), said=F("trust"))
        .values_list("key", "said")
        .union(listed.filter(key__in=[one.lower() for one in digests]))
    )
    hacked: set[str] | None = None
    found = {}
    for one, digest in digests.items():
        said = known.get(digest) or known.get(one.lower())
        if said is None and channel == "mail" and case is not None:
            hacked = _hacked(case, given) if hacked is None else hacked
            said = Trust.COMPROMISED if one.lower() in hacked else Trust.GOOD
        found[one] = Trust(said or Trust.GOOD)
    return found


def _hacked(case: Incident, given: Iterable[Report] | None) -> set[str]:
    """Return the addresses whose mailbox is hacked, by the answers of who gave them."""
    wanted = reference.current().messages.never_mail_when
    if given is None:
        given = Report.objects.filter(Q(incident=case) | Q(first_incident=case))
    return {
        report.contact_email.lower()
        for report in given
        if wanted is not None and wanted.evaluate({**report.answers, "category": case.category})
    }


def _due(channels: Collection[str], at: datetime) -> QuerySet[Notice]:
    return (
        Notice.objects.filter(
            state=Notice.State.WAITING, carrier=None, due_at__lte=at, channel__in=channels
        )
        .order_by("due_at", "id")
        .select_related("incident", "user")
    )


def _with_carried(notice: Notice) -> QuerySet[Notice]:
    rows = Notice.objects.select_for_update(no_key=True)
    return rows.filter(Q(pk=notice.pk) | Q(carrier=notice.pk)).order_by("pk")


def _full_until(notice: Notice, at: datetime) -> datetime | None:
    """Return when the address may hear again, None when it may now.

    A try that nobody settled counts: the server may have taken it.
    """
    mails = Notice.objects.filter(digest=notice.digest, channel=notice.channel, carrier=None)
    lately = Q(state=Notice.State.SENT, tried_at__gt=at - HOUR) | Q(
        state=Notice.State.WAITING, tries__gt=0, tried_at__gt=at - HOUR
    )
    most = MOST_AN_HOUR if notice.user_id is None else MOST_AN_HOUR_WITHIN
    times = mails.filter(lately).exclude(pk=notice.pk).order_by("-tried_at")
    latest = [at for at in times.values_list("tried_at", flat=True)[:most] if at]
    return latest[-1] + HOUR if len(latest) == most else None


def _may_go(notice: Notice, rows: Mapping[int, Notice], at: datetime) -> bool:
    """Tell whether a notice is to be sent; what is not, of all *rows* for its address, ends here.

    For somebody of the desk: what they have read meanwhile, or may not see any more, is dropped.
    """
    if notice.user_id is not None:
        for row in rows.values():
            if not telling.still_news(row):
                row.state = Notice.State.DROPPED
                row.save(update_fields=["state"])
        return bool(notice.state == Notice.State.WAITING)
    trust = trust_of(notice.channel, notice.address, notice.incident)
    if trust != Trust.GOOD:
        for row in rows.values():
            _withhold(row, trust, at)
    return trust == Trust.GOOD


def _forget(row: Notice) -> None:
    """Forget the address of what is about no case: nobody of the desk will ever need it."""
    if row.incident_id is None and row.user_id is None:
        row.address = ""


def _withhold(row: Notice, trust: Trust, at: datetime) -> None:
    row.state = Notice.State.WITHHELD
    _forget(row)
    row.save()
    data = {"channel": row.channel, "trust": trust.value}
    record(kinds.NOTICE_WITHHELD, row, by=SYSTEM, at=at, data=data)


def _park(row: Notice, error: str, at: datetime) -> None:
    """Set a notice aside for a person to decide about; one about no case is given up."""
    if row.incident_id is None:
        row.state, row.error = Notice.State.DROPPED, error[:200] or row.error
        _forget(row)
        row.save()
        for carried in row.carried.filter(state=Notice.State.WAITING):
            carried.state, carried.error = Notice.State.DROPPED, row.error
            _forget(carried)
            carried.save()
        return
    row.state, row.error = Notice.State.PARKED, error[:200] or row.error
    row.save()
    row.carried.filter(state=Notice.State.WAITING).update(state=Notice.State.PARKED)
    data = {"channel": row.channel, "tries": row.tries}
    record(kinds.NOTICE_PARKED, row, by=SYSTEM, at=at, data=data)


def _parked(notice: UUID, by: Person) -> Notice:
    if not by.works_cases:
        raise NotAllowed
    rows = Notice.objects.select_for_update(no_key=True).filter(
        uuid=notice, state=Notice.State.PARKED, carrier=None
    )
    row = rows.filter(hangs_under(by)).first()
    if row is None:
        raise NotFound
    return row
