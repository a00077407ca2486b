"""Codes that the victim makes for others: a mayor, a data-protection officer, an IT provider."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from csirt.accounts.principals import Person, Victim
from csirt.journal import change, record
from csirt.kernel import codes
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean_line
from incidents import kinds
from incidents.models import AccessCode, Incident
from incidents.services.filing import issue_code
from incidents.services.loading import worked_case

LONGEST_NAME = 80
MOST = 10  # live codes made for others
SHOWN_AGAIN_FOR = timedelta(minutes=10)  # to the retry of a lost answer


def refuse_unless_reporter(victim: Victim) -> None:
    """Raise ``NotAllowed`` for who came by a code made for them: they read and write, no more."""
    if victim.name:
        raise NotAllowed("Seule la personne qui a signalé peut faire cela.")


@change
def make_code(*, victim: Victim, token: str, name: str, now: datetime) -> str:
    """Make a code for *name* and return it; the retry of a form's *token* gets the same one.

    Raises ``NotAllowed`` for who is not the reporter, ``Invalid`` for a name that is missing or
    taken, ``Conflict`` when there are ten already.
    """
    refuse_unless_reporter(victim)
    if not codes.is_token(token):
        raise Invalid("Cette page a expiré. Rechargez-la, puis envoyez à nouveau.")
    name = clean_line(name)
    if not name or len(name) > LONGEST_NAME:
        raise Invalid("Il manque un nom.", fields={"name": "Écrivez pour qui est ce code."})
    case = _own(victim)
    code = codes.tracking_code(f"{case.uuid}|{token}", settings.CODE_KEY)
    digests = [codes.code_digest(code, pepper) for pepper in settings.PEPPERS.values()]
    known = AccessCode.objects.filter(digest__in=digests).first()
    if known is not None:
        if known.revoked_at is not None or now - known.issued_at > SHOWN_AGAIN_FOR:
            raise Conflict("Ce code a déjà été montré. Faites-en un autre.", code="shown")
        return code
    live = list(live_codes(case).exclude(name="").values_list("name", flat=True))
    if len(live) >= MOST:
        raise Conflict("Vous avez déjà dix codes. Arrêtez-en un d'abord.", code="too-many")
    if name.casefold() in {other.casefold() for other in live}:
        raise Invalid(
            "Ce nom a déjà un code.", fields={"name": "Choisissez un autre nom pour ce code."}
        )
    access = issue_code(case, code, now, name=name)
    case.store(now)
    record(kinds.CODE_MADE, case, by=victim, at=now, data={"code": str(access.uuid)})
    return code


@change
def end_code(*, victim: Victim, access: UUID, now: datetime) -> None:
    """End a code made for somebody else, with the visits that it began; twice is once.

    Raises ``NotFound`` for a code of another case, and for the reporter's own.
    """
    refuse_unless_reporter(victim)
    case = _own(victim)
    row = AccessCode.objects.filter(incident=case, uuid=access).exclude(name="").first()
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = now
        row.save()
        case.store(now)
        record(kinds.CODE_ENDED, case, by=victim, at=now, data={"code": str(row.uuid)})


@change
def end_all_codes(*, incident: UUID, version: int, by: Person, now: datetime) -> int:
    """End every code of a case, the reporter's too; returns how many. A call-back gives a new one."""
    case = worked_case(by, incident, version)
    count = live_codes(case).update(revoked_at=now)
    if count:
        case.store(now)
        record(kinds.CODES_ENDED, case, by=by, at=now, data={"count": count})
    return count


def live_codes(case: Incident) -> QuerySet[AccessCode]:
    """Return the codes of a case that still open it, oldest first."""
    return AccessCode.objects.filter(incident=case, revoked_at=None).order_by("pk")


def _own(victim: Victim) -> Incident:
    row = Incident.objects.select_for_update(no_key=True).filter(pk=victim.incident_id).first()
    if row is None or row.erased_at is not None:  # while the form was on its way
        raise NotFound
    return row
