"""Writes of the readiness kit. Answers of a round may change until it is done; then never again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from csirt.accounts import seeds
from csirt.accounts.principals import Anonymous, Person
from csirt.accounts.roles import Role
from csirt.directory import reference
from csirt.directory.models import Organisation
from csirt.directory.queries import visible_organisations
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.kernel.text import clean_line
from incidents.models import Incident
from incidents.notifications.channels import mail
from incidents.services import notices
from incidents.services.filing import digest_to_keep
from incidents.services.following import digests_of
from playbooks import kinds
from playbooks.models import Kit, KitReminder, KitRound

AGAIN = timedelta(days=182)  # after which the kit is asked to be done again
UNFINISHED = timedelta(days=30)  # what nobody ever finished is forgotten then
CONSENT_TEXT = "2026-11"  # version of the words beside the box
AT_ONCE = 50  # reminders a turn
KEPT = timedelta(days=3 * 365)  # after it was last opened


@dataclass(frozen=True)
class Opened:
    """``code`` is shown once; the form that was sent twice gives the same."""

    kit: Kit
    code: str


@change
def open_kit(
    *, token: str, now: datetime, case: Incident | None = None, by: Person | None = None,
    organisation: UUID | None = None,
) -> Opened:  # fmt: skip
    """Begin a kit: of nobody known, of the body of a victim's *case*, or of one that *by* serves.

    Raises ``Invalid`` for a broken form token, ``NotFound`` for a body that *by* does not serve.
    """
    if not codes.is_token(token):
        raise Invalid("Cette page a expiré. Rechargez-la, puis recommencez.")
    body = case.organisation if case is not None else None
    if by is not None and organisation is not None:
        body = served(by, organisation)
    code = codes.tracking_code(f"kit|{token}", settings.CODE_KEY)
    digest, number = digest_to_keep(code)
    kit, made = Kit.objects.get_or_create(
        digest=digest,
        defaults={"pepper": number, "organisation": body, "made_at": now, "seen_at": now},
    )
    if made:
        _round(kit, now)
        record(
            kinds.KIT_OPENED, kit, by=by or Anonymous(), at=now, data={"counselled": by is not None}
        )
    return Opened(kit, code)


def served(by: Person, organisation: UUID) -> Organisation:
    """Return a body that a counsellor serves; raises ``NotFound``, also for everybody else."""
    if by.role != Role.OPERATOR:
        raise NotFound
    found = visible_organisations(by).filter(uuid=organisation).first()
    if found is None:
        raise NotFound
    return found


def kit_of_code(text: str) -> Kit:
    """Return the kit that a code opens; raises ``NotFound``, or ``Invalid`` when it is mistyped."""
    kit = Kit.objects.filter(digest__in=digests_of(text)).first()
    if kit is None:
        raise NotFound("Aucun kit ne correspond à ce code. Vérifiez-le, ou recommencez le kit.")
    return kit


@transaction.atomic
def came(*, kit: Kit, now: datetime) -> None:
    """Note that a kit was opened. Not journalled: it says nothing but that the code still serves."""
    Kit.objects.filter(pk=kit.pk).update(seen_at=now)


@transaction.atomic
def answer(*, kit: Kit, answers: Mapping[str, str]) -> KitRound:
    """Keep the answers of one page of the round under way. Not journalled, as drafts are not.

    Raises ``Conflict`` when the round is done, ``Invalid`` for an unknown question or answer.
    """
    found = _under_way(kit)
    known = reference.version(found.reference_version_id).readiness
    questions, possible = {q.id for q in known.questions}, {a.id for a in known.answers}
    if not (set(answers) <= questions and set(answers.values()) <= possible):
        raise Invalid
    found.answers = {**found.answers, **answers}
    found.save(update_fields=["answers"])
    return found


@change
def finish(*, kit: Kit, now: datetime) -> KitRound:
    """Close the round under way; what was not answered counts as not known.

    Raises ``Conflict`` when it is done already.
    """
    found = _under_way(kit)
    found.done_at = now
    found.save(update_fields=["done_at"])
    KitReminder.objects.filter(kit=kit, left=False).update(due_at=found.begun_at + AGAIN)
    record(kinds.KIT_DONE, found, by=Anonymous(), at=now)
    return found


@transaction.atomic
def again(*, kit: Kit, now: datetime) -> KitRound:
    """Begin the next round, from no answer at all; the one under way goes on, if there is one."""
    Kit.objects.select_for_update(no_key=True).get(pk=kit.pk)
    return KitRound.objects.filter(kit=kit, done_at=None).first() or _round(kit, now)


@change
def delete(*, kit: Kit, now: datetime) -> None:
    """Delete a kit with every round, for whoever holds it."""
    record(kinds.KIT_DELETED, kit, by=Anonymous(), at=now)
    take_back_mail(kit)
    KitRound.objects.filter(kit=kit).delete()
    Kit.objects.filter(pk=kit.pk).delete()


@change
def remind(*, kit: Kit, address: str, agreed: bool, language: str, now: datetime) -> KitReminder:
    """Keep an address, sealed, for one mail once the kit is to be done again; the last one counts.

    Raises ``Invalid`` without consent, or for what is no address.
    """
    usable = mail.usable(clean_line(address))
    wrong: dict[str, str] = {}
    if not usable:
        wrong["adresse"] = "Écrivez une adresse comme nom@exemple.fr."
    if not agreed:
        wrong["accord"] = "Cochez la case, si vous êtes d'accord."
    if wrong:
        raise Invalid("Sans adresse et sans votre accord, rien ne part.", fields=wrong)
    Kit.objects.select_for_update(no_key=True).get(pk=kit.pk)
    begun = kit.rounds.filter(done_at__isnull=False).order_by("-begun_at").first()
    due_at = begun.begun_at + AGAIN if begun else now + AGAIN
    row, _made = KitReminder.objects.update_or_create(
        kit=kit,
        defaults={
            "sealed": seeds.encrypt(usable), "language": language, "asked_at": now, "left": False,
            "due_at": due_at if due_at > now else now + AGAIN,
        },
    )  # fmt: skip
    record(kinds.KIT_REMINDER_ASKED, row, by=Anonymous(), at=now, data={"text": CONSENT_TEXT})
    return row


@change
def remind_no_more(*, kit: Kit, now: datetime) -> None:
    """Forget the address, and the mail that waits to leave; none kept is fine."""
    if take_back_mail(kit):
        record(kinds.KIT_REMINDER_ENDED, kit, by=Anonymous(), at=now)
    row = KitReminder.objects.filter(kit=kit).first()
    if row is not None:
        record(kinds.KIT_REMINDER_ENDED, row, by=Anonymous(), at=now)
        KitReminder.objects.filter(pk=row.pk).delete()


def take_back_mail(kit: Kit) -> int:
    """Have the reminder of *kit* that has not left yet not leave. Inside a change."""
    about = Event.objects.filter(kind=kinds.KIT_AGAIN.name, data__kit=str(kit.uuid))
    return notices.take_back_apart(about)


@change
def remind_due(*, now: datetime) -> int:
    """Hand the reminders whose day has come to the outbox; returns how many. Called by ``tend``."""
    rows = KitReminder.objects.select_for_update(skip_locked=True, of=("self",))
    rows = rows.select_related("kit").filter(due_at__lte=now, left=False)
    due = list(rows.order_by("due_at", "pk")[:AT_ONCE])
    for row in due:
        row.left = True
        row.save(update_fields=["left"])
        record(kinds.KIT_AGAIN, row, by=SYSTEM, at=now, data={"kit": str(row.kit.uuid)})
    return len(due)


@transaction.atomic
def forget_old(*, now: datetime) -> int:
    """Delete the kits that nobody finished in a month, and those nobody opened for three years."""
    never = Kit.objects.filter(made_at__lte=now - UNFINISHED).exclude(rounds__done_at__isnull=False)
    return never.delete()[0] + Kit.objects.filter(seen_at__lte=now - KEPT).delete()[0]


def _round(kit: Kit, now: datetime) -> KitRound:
    return KitRound.objects.create(
        kit=kit, reference_version=reference.current_version(), begun_at=now
    )


def _under_way(kit: Kit) -> KitRound:
    found = KitRound.objects.select_for_update(no_key=True).filter(kit=kit, done_at=None).first()
    if found is None:
        raise Conflict("Ce kit est terminé. Recommencez-le pour changer vos réponses.")
    return found
