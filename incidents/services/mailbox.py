"""What comes in by mail: taken in once, as a report, a message, a bounce, or set aside for a person."""

import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings

from csirt.accounts.principals import Anonymous, Person, Victim
from csirt.directory import reference
from csirt.directory.desk import reached
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.kernel.errors import NotAllowed, NotFound
from incidents import kinds_mail as kinds
from incidents.domain.letters import CUT, Letter
from incidents.evidence.sealing import Sealed
from incidents.models import (
    Evidence,
    Incident,
    IncomingMail,
    Message,
    Notice,
    Report,
    Trust,
)
from incidents.models.conversation import BY_MAIL
from incidents.queries import Keeping, keeping
from incidents.services import evidence
from incidents.services.apart import is_above
from incidents.services.filing import file_report
from incidents.services.following import write_as_victim
from incidents.services.mail_reports import EMPTY, submission
from incidents.services.notices import judge_address, trust_of

Outcome = IncomingMail.Outcome


@dataclass(frozen=True)
class Place:
    """Where a mail lies on its server."""

    mailbox: str
    uidvalidity: int
    uid: int


@change
def take_in(
    *, letter: Letter, place: Place, size: int, raw: bytes | None, now: datetime
) -> IncomingMail:
    """Take a mail in: the same one again, from wherever, changes nothing.

    *raw* is None when the mail is too large to be kept.
    """
    known = IncomingMail.objects.filter(
        mailbox=place.mailbox, uidvalidity=place.uidvalidity, uid=place.uid
    ).first()
    if known is not None:
        return known
    row = IncomingMail(
        mailbox=place.mailbox,
        uidvalidity=place.uidvalidity,
        uid=place.uid,
        fingerprint=letter.fingerprint,
        name=letter.name,
        sender=letter.sender,
        subject=letter.subject,
        size=size,
        received_at=now,
    )
    seen = IncomingMail.objects.filter(fingerprint=letter.fingerprint).exclude(
        outcome=Outcome.AGAIN
    )
    if seen.exists():
        row.outcome = Outcome.AGAIN
    elif letter.bounce is not None:
        row.outcome = Outcome.BOUNCE
        row.incident = _bounced(letter, now)
    elif why := letter.automatic or _ours(letter):
        row.outcome, row.why, row.text, row.raw = Outcome.ASIDE, why, letter.text, raw
    else:
        row.raw = raw
        _deliver(row, letter, now)
    row.save()
    return row


@change
def set_aside(*, place: Place, size: int, raw: bytes | None, now: datetime) -> IncomingMail:
    """Keep for a person a mail that the desk could not read: it must not hold up the others."""
    printed = hashlib.sha256(f"{place}".encode() + (raw or b"")).hexdigest()
    return IncomingMail.objects.create(
        mailbox=place.mailbox, uidvalidity=place.uidvalidity, uid=place.uid, fingerprint=printed,
        size=size, raw=raw, outcome=Outcome.ASIDE, why="unreadable", received_at=now,
    )  # fmt: skip


@change
def settle(*, mail: UUID, by: Person, letter: Letter | None, now: datetime) -> IncomingMail:
    """Decide about a mail that was set aside: a case from *letter*, or nothing when it is None.

    Raises ``NotFound`` when somebody has decided, ``NotAllowed``.
    """
    if not by.works_cases:
        raise NotAllowed
    row = (
        IncomingMail.objects.select_for_update(no_key=True)
        .filter(uuid=mail, outcome=Outcome.ASIDE, settled_at=None)
        .first()
    )
    if row is None:
        raise NotFound
    row.settled_at, row.text = now, ""
    if letter is None:
        row.raw = None
    else:
        _deliver(row, letter, now, read=True)
    row.save()
    data = {"mail": str(row.uuid), "outcome": row.outcome}
    record(kinds.MAIL_SETTLED, row.incident or row, by=by, at=now, data=data)
    return row


@change
def keep_whole(*, mail: int, sealed: Sealed, now: datetime) -> Evidence | None:
    """Keep a mail of a case, sealed already, as evidence; None when it may not be, or was already."""
    row = _whole(mail, Keeping.WHOLE)
    if row is None or row.incident is None:
        return None
    kept = evidence.keep(
        incident=row.incident,
        token=row.fingerprint,
        name=f"{row.subject or 'courriel'}.eml",
        sealed=sealed,
        by=SYSTEM,
        now=now,
    )
    row.raw = None
    row.save()
    return kept


@change
def keep_words_only(*, mail: int, now: datetime) -> None:
    """Keep no file of a mail, of a case where only words are taken, and say so in its history."""
    row = _whole(mail, Keeping.WORDS)
    if row is None or row.incident is None:
        return
    row.raw = None
    row.save()
    data = {"mail": str(row.uuid), "size": row.size}
    record(kinds.MAIL_WORDS_ONLY, row.incident, by=SYSTEM, at=now, data=data)


def _whole(mail: int, wanted: Keeping) -> IncomingMail | None:
    """Return a whole mail, locked, if its case still says to keep it so; the case is locked first."""
    found = IncomingMail.objects.defer("raw").select_related("incident").filter(pk=mail).first()
    if found is None or found.incident is None:
        return None
    if keeping(Incident.locked(found.incident.uuid)) != wanted:
        return None
    rows = IncomingMail.objects.select_for_update(no_key=True)
    return rows.filter(pk=mail, raw__isnull=False).first()


@change
def acknowledged(*, mails: list[int], now: datetime) -> int:  # noqa: ARG001 - told as every service
    """Note that the mail server was told; returns of how many mails."""
    return IncomingMail.objects.filter(pk__in=mails).update(acknowledged=True)


def _deliver(row: IncomingMail, letter: Letter, now: datetime, *, read: bool = False) -> None:
    """Make of a person's mail a message of the case it names, else a report.

    In a flood the report is set apart, unless somebody of the desk has *read* it.
    """
    letter = _audible(letter)
    case = answered_case(letter)
    token = _token(letter)
    if case is None:
        filed = file_report(
            token=token,
            submission=submission(letter, now),
            now=now,
            by=Anonymous(),
            flood=not read and is_above(token, letter.sender, now),
        )
        row.outcome, row.incident, row.report = Outcome.REPORT, filed.incident, filed.report
        return
    message = write_as_victim(
        victim=Victim(incident_id=case.pk),
        token=token,
        text=letter.text or EMPTY,
        subject=letter.subject,
        now=now,
    )
    Message.objects.filter(pk=message.pk).update(via=BY_MAIL)
    row.outcome, row.incident, row.message = Outcome.MESSAGE, case, message


def _audible(letter: Letter) -> Letter:
    """Return the mail with the words of distress that its text leaves out: too far down, or hidden."""
    distress = reference.current().distress
    read = distress.heard(f"{letter.subject}\n{letter.text}")
    left = [group for group in distress.heard(letter.seen) if group not in read]
    if not left:
        return letter
    words = ", ".join(distress.quoted(letter.seen, left))
    return replace(letter, text=f"{letter.text}\n{CUT} {words} {CUT}".strip())


def answered_case(letter: Letter) -> Incident | None:
    """Return the case whose reference the subject bears, if its own people may write from there.

    An address that is in somebody else's hands opens a new case instead: nobody is spoken for.
    """
    if not letter.sender:
        return None
    prefix = re.escape(settings.REFERENCE_PREFIX)
    found = re.findall(rf"\b{prefix}-[0-9A-Z]{{4}}-[0-9A-Z]{{2}}\b", letter.subject.upper())
    for case in Incident.objects.filter(reference__in=found[:5]).order_by("pk"):
        known = Report.objects.filter(first_incident=case, contact_email__iexact=letter.sender)
        if known.exists() and trust_of("mail", letter.sender, case) != Trust.COMPROMISED:
            return case
    return None


def _token(letter: Letter) -> str:
    """A form's token for a mail: the same at each try, and known to nobody."""
    text = f"mail|{letter.fingerprint}".encode()
    return hmac.new(settings.CODE_KEY, text, hashlib.sha256).hexdigest()[:32]


def _ours(letter: Letter) -> str:
    own = {*settings.OWN_ADDRESSES, reached.numbers().email.lower()}
    return "own" if letter.sender in own or _notice(letter.name) else ""


def _notice(name: str) -> Notice | None:
    """Return the notice whose mail has this Message-ID."""
    found = re.fullmatch(r"<([0-9a-f-]{36})\.(\d{1,18})\.([a-z_.]{1,64})@[^@]+>", name)
    if found is None:
        return None
    try:
        epoch = UUID(found[1])
    except ValueError:
        return None
    same = Notice.objects.filter(channel="mail", epoch=epoch, seq=int(found[2]), kind=found[3])
    return same.select_related("incident").first()


def _bounced(letter: Letter, now: datetime) -> Incident | None:
    """Mark the address of one of our mails dead, when a report names both: nobody can guess it."""
    assert letter.bounce is not None
    for name in letter.bounce.names[:20]:
        notice = _notice(name)
        if notice is None:
            continue
        same = Notice.objects.filter(epoch=notice.epoch, seq=notice.seq, kind=notice.kind)
        for one in same.filter(channel="mail").select_related("incident"):
            if one.incident is not None and one.address.lower() in letter.bounce.recipients:
                judge_address(
                    case=one.incident, channel="mail", address=one.address, trust=Trust.DEAD,
                    why="bounced", by=SYSTEM, now=now,
                )  # fmt: skip
                return one.incident
    return None
