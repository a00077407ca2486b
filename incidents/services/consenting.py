"""What the victim agrees to, takes back, and asks to have erased."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from csirt.accounts.models import User
from csirt.accounts.principals import Person, Victim
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid
from incidents import kinds
from incidents.domain.consents import CONSENT_VERSION
from incidents.domain.lifecycle import TERMINAL
from incidents.models import About, Consent, ErasureRequest
from incidents.services.following import own_and_standing
from incidents.services.loading import required_text, worked_case
from incidents.services.sharing_access import refuse_unless_reporter


@change
def decide(*, victim: Victim, about: str, given: bool, now: datetime) -> None:
    """Give or withdraw one consent; deciding the same again writes nothing.

    Raises ``NotAllowed`` for who is not the reporter, ``Invalid`` for what is not asked here.
    """
    refuse_unless_reporter(victim)
    if about not in About.values:
        raise Invalid("Une valeur n'est pas dans sa liste.", code="bad-value")
    own, standing = own_and_standing(victim)
    row = Consent.objects.filter(incident=own, about=about).first()
    if row is not None and (row.given, row.text_version) == (given, CONSENT_VERSION):
        return
    Consent.objects.update_or_create(
        incident=own,
        about=about,
        defaults={"given": given, "text_version": CONSENT_VERSION, "changed_at": now},
    )
    kind = kinds.CONSENT_GIVEN if given else kinds.CONSENT_WITHDRAWN
    data = {"about": about, "text": CONSENT_VERSION}
    record(kind, own, by=victim, at=now, data=data)
    if standing.pk != own.pk:
        record(kind, standing, by=victim, at=now, data=data, audience="desk")
    standing.store(now)


@change
def ask_erasure(*, victim: Victim, now: datetime) -> ErasureRequest:
    """Ask that the case be erased: a task for the desk, which finds the case on top. Once is enough.

    Raises ``NotAllowed`` for who is not the reporter.
    """
    refuse_unless_reporter(victim)
    own, standing = own_and_standing(victim)
    known = ErasureRequest.objects.filter(incident=own).exclude(accepted=False).first()
    if known is not None:
        return known
    request = ErasureRequest.objects.create(incident=own, asked_at=now)
    data = {"request": str(request.uuid)}
    record(kinds.ERASURE_ASKED, own, by=victim, at=now, data=data)
    if standing.pk != own.pk:
        record(kinds.ERASURE_ASKED, standing, by=victim, at=now, data=data, audience="desk")
    standing.unread = True
    standing.store(now)
    return request


@change
def answer_erasure(
    *, incident: UUID, version: int, by: Person, accepted: bool, answer: str, now: datetime
) -> ErasureRequest:
    """Answer a request for erasure in words that the victim reads, or take an acceptance back.

    What is accepted is carried out by ``incidents.services.erasing``, some days later. Raises
    ``Conflict`` when nothing is left to decide, ``Invalid`` without words, and when a case that is
    still worked on would be erased.
    """
    case = worked_case(by, incident, version)
    open_ones = Q(answered_at=None) if accepted else Q(answered_at=None) | Q(accepted=True)
    request = ErasureRequest.objects.filter(open_ones, incident=case).first()
    if request is None:
        raise Conflict("Il n'y a plus rien à décider ici.", code="settled", state=case.state)
    if accepted and case.state not in TERMINAL:
        raise Invalid("Terminez d'abord le dossier, puis acceptez.", code="not-ended")
    request.answer = required_text(answer, "answer")
    request.accepted, request.answered_at = accepted, now
    request.answered_by = User.objects.get(pk=by.user_id)
    request.save()
    case.store(now)
    data = {"request": str(request.uuid), "accepted": accepted}
    record(kinds.ERASURE_ANSWERED, case, by=by, at=now, data=data)
    return request
