"""The victim's way back: the tracking code, its re-issue, and the conversation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from csirt.accounts.models import User
from csirt.accounts.principals import Person, Victim
from csirt.directory import reference
from csirt.journal import change, record
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.kernel.errors import Invalid, NotFound
from csirt.kernel.text import clean_line
from incidents import kinds
from incidents.domain import replies
from incidents.domain.lifecycle import State
from incidents.models import AccessCode, CallBack, Incident, Message, SpokenCode
from incidents.models.conversation import AUTOMATIC
from incidents.queries import joined
from incidents.services.filing import issue_code
from incidents.services.loading import required_text, worked_case
from incidents.services.reassessing import listen

ONE_VISIT = timedelta(hours=1)
VISIT = "victim"  # what a session calls the visit that a code began


def victim_by_code(text: str) -> Victim:
    """Return who the code opens the follow-up page for; raises as ``access_by_code``."""
    row = access_by_code(text)
    return Victim(incident_id=row.incident_id, name=row.name)


def digests_of(text: str) -> list[str]:
    """Return what may be stored of the code that somebody typed, one for each known pepper.

    Raises ``Invalid`` without any look-up when a symbol was mistyped. Every pepper is tried for every
    code, so that the time tells nothing.
    """
    try:
        code = codes.parse_code(text)
    except codes.BadCode as error:
        raise Invalid(
            "Ce code contient une erreur. Vérifiez chaque lettre et chaque chiffre.",
            code="mistyped",
            fields={"code": "Vérifiez chaque lettre et chaque chiffre."},
        ) from error
    return [codes.code_digest(code, pepper) for pepper in settings.PEPPERS.values()]


def access_by_code(text: str) -> AccessCode:
    """Return the row of a tracking code that opens; raises ``NotFound`` when none does.

    Raises ``Invalid`` when a symbol was mistyped.
    """
    row = AccessCode.objects.filter(digest__in=digests_of(text), revoked_at=None).first()
    if row is None:
        raise NotFound("Aucun dossier ne correspond à ce code. Vérifiez-le, ou appelez-nous.")
    return row


def victim_of_access(access: int) -> Victim:
    """Return the victim of a visit that began with this code; raises ``NotFound`` once it ended."""
    row = AccessCode.objects.filter(pk=access, revoked_at=None).first()
    if row is None:
        raise NotFound
    return Victim(incident_id=row.incident_id, name=row.name)


@change
def came(*, victim: Victim, now: datetime, access: int | None = None) -> None:
    """Note that the victim opened their page, once an hour; and when the code *access* last did."""
    if access is not None:
        AccessCode.objects.filter(pk=access).update(seen_at=now)
    case = Incident.objects.get(pk=victim.incident_id)
    lately = Event.objects.filter(
        incident=case.pk, kind=kinds.VICTIM_CAME.name, at__gt=now - ONE_VISIT
    )
    if not lately.exists():
        record(kinds.VICTIM_CAME, case, by=victim, at=now)


@dataclass(frozen=True)
class Called:
    """The call-back by which the desk made sure of a person: whom, where and when."""

    number: str
    name: str
    at: datetime


@change
def reissue_code(*, incident: UUID, version: int, by: Person, called: Called, now: datetime) -> str:
    """Give a fresh code after a call-back; every older one ends, with the visits that it began.

    Returns the code, shown once and read out: the victim's first visit replaces it. The call is kept beside the case; the journal only points at it.
    Raises ``Invalid`` when the call is not told in full, or is to come.
    """
    case = worked_case(by, incident, version)
    call = CallBack.objects.create(
        incident=case,
        number=_told(called.number, "number", 40),
        name=_told(called.name, "name", 120),
        called_at=_past(called.at, now),
        by=User.objects.get(pk=by.user_id),
    )
    AccessCode.objects.filter(incident=case, revoked_at=None).update(revoked_at=now)
    code = codes.random_code()
    SpokenCode.objects.create(access=issue_code(case, code, now))
    case.store(now)
    record(kinds.CODE_REISSUED, case, by=by, at=now, data={"call_back": str(call.uuid)})
    return code


def _told(text: str, field: str, longest: int) -> str:
    line = clean_line(text)
    if not line or len(line) > longest:
        raise Invalid(
            "Rappelez d'abord la personne, puis notez cet appel.",
            fields={field: "Notez le numéro appelé, la personne et l'heure."},
        )
    return line


def _past(at: datetime, now: datetime) -> datetime:
    if at > now:
        raise Invalid(
            "Cet appel est à venir.", fields={"at": "Donnez l'heure d'un appel déjà passé."}
        )
    return at


@change
def write_as_victim(
    *, victim: Victim, token: str, text: str, now: datetime, subject: str = ""
) -> Message:
    """Add the victim's message; a waiting case resumes, an ended one comes to the top.

    Words of distress in it, or in the *subject* that it came with, count in triage. The same *text*
    under the same *token* twice is one message.
    """
    text, once = sent_once(token, text)
    own, case = own_and_standing(victim)
    known = Message.objects.filter(idempotency=once).first()
    if known is not None:
        return known
    message = Message.objects.create(
        incident=own, name=victim.name, idempotency=once, text=text, written_at=now
    )
    heard(case, victim, now)
    listen(own, case, victim, f"{subject}\n{text}", now)
    case.store(now)
    data = {"message": str(message.uuid)}
    record(kinds.VICTIM_WROTE, own, by=victim, at=now, data=data)
    if case.pk != own.pk:  # the desk looks there; the victim of that case does not read along
        record(kinds.VICTIM_WROTE, case, by=victim, at=now, data=data, audience="desk")
    return message


@change
def write_to_victim(*, incident: UUID, by: Person, token: str, text: str, now: datetime) -> Message:
    """Answer the victim on their page. The same *text* under the same *token* is one message."""
    case = worked_case(by, incident, None)
    text, once = sent_once(token, text)
    if replies.left(reference.current(), text):
        raise Invalid(
            "Il reste un mot à compléter.",
            code="incomplete",
            fields={"text": "Complétez ce qui est entre accolades, ou effacez-le."},
        )
    known = Message.objects.filter(idempotency=once).first()
    if known is not None:
        return known
    message = Message.objects.create(
        incident=case,
        author=User.objects.get(pk=by.user_id),
        idempotency=once,
        text=text,
        written_at=now,
    )
    case.unread = False
    case.store(now)
    record(kinds.DESK_WROTE, case, by=by, at=now, data={"message": str(message.uuid)})
    return message


def sent_once(token: str, text: str) -> tuple[str, str]:
    """Return the cleaned text and what tells a retry: other words under a token are not lost."""
    if not codes.is_token(token):
        raise Invalid("Cette page a expiré. Rechargez-la, puis envoyez à nouveau.")
    text = required_text(text, "text")
    return text, codes.idempotency(f"{token}|{text}")


def heard(case: Incident, victim: Victim, now: datetime) -> None:
    """Bring a case to the top because its victim spoke; a waiting one resumes."""
    case.unread = True
    if case.state == State.WAITING:
        case.go("resume")
        record(kinds.RESUMED, case, by=victim, at=now, data={"state": case.state, "why": "victim"})


def own_and_standing(victim: Victim) -> tuple[Incident, Incident]:
    """Return the victim's case and the one where its reports hang now, both locked by key."""
    own = Incident.objects.filter(pk=victim.incident_id).first()
    if own is None:
        raise NotFound
    standing = own
    while standing.merged_into is not None:
        standing = standing.merged_into
    rows = Incident.objects.select_for_update(no_key=True).filter(pk__in=[own.pk, standing.pk])
    locked = {row.pk: row for row in rows.order_by("pk")}
    if locked[own.pk].erased_at is not None:  # while a file was on its way
        raise NotFound
    return locked[own.pk], locked[standing.pk]


@change
def read_messages(*, incident: UUID, by: Person, now: datetime) -> int:
    """Mark what the victim wrote as read; returns how many there were."""
    case = worked_case(by, incident, None)
    unread = Message.objects.filter(incident__in=joined(case), author=None, read_at=None)
    unread = unread.exclude(via=AUTOMATIC)
    count = unread.update(read_at=now)
    if count or case.unread:
        case.unread = False
        case.store(now)
        record(kinds.MESSAGES_READ, case, by=by, at=now, data={"count": count})
    return count
