"""What was erased, closed and narrowed, done again after an older backup is restored."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from csirt.accounts.models import User
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.ledger import Entry, again
from csirt.kernel.tlp import Tlp
from incidents import kinds, kinds_mail
from incidents.domain.lifecycle import TERMINAL
from incidents.evidence import store
from incidents.models import (
    AccessCode,
    Consent,
    Evidence,
    Incident,
    IncidentAccess,
    Report,
    Trust,
    Watch,
)
from incidents.services import erasing, notices, retention


def register() -> None:
    """Attach the handlers; called when the app is ready."""
    again(kinds.ERASED)(_erased)
    again(kinds.CODE_REISSUED, kinds.CODES_ENDED)(_codes_ended)
    again(kinds.CODE_REPLACED)(_codes_ended)
    again(kinds.CODE_ENDED)(_code_ended)
    again(kinds.TLP_RAISED)(_tlp_raised)
    again(kinds.RESTRICTED)(_restricted)
    again(kinds.ACCESS_CHANGED)(_access_changed)
    again(kinds.CONSENT_WITHDRAWN)(_consent_withdrawn)
    again(kinds.FILES_ERASED)(_files_erased)
    again(kinds_mail.ADDRESS_JUDGED)(_address_judged)


def _erased(entry: Entry, now: datetime) -> None:
    gone = _erase(entry, now)
    if gone is not None:
        erasing.clear(gone)


@change
def _erase(entry: Entry, now: datetime) -> erasing.Gone | None:
    found = Incident.objects.filter(uuid=entry.object, erased_at=None).first()
    if found is None:
        return None
    erasing.lock(found.uuid)
    case = Incident.objects.get(pk=found.pk)
    if case.state not in TERMINAL:  # it ended after the backup was made
        case.go("end_again", state=entry.data["state"])
        case.store(now)
    return erasing.erase(case, by=SYSTEM, now=now)


@change
def _with(entry: Entry, act: Callable[[Incident], None]) -> None:
    """Call *act* with the case of *entry*, locked; not for one that is absent or erased."""
    if Incident.objects.filter(uuid=entry.object, erased_at=None).exists():
        act(Incident.locked(UUID(entry.object)))


def _codes_ended(entry: Entry, now: datetime) -> None:
    """The newer code is lost: the victim calls, and gets another."""

    def act(case: Incident) -> None:
        live = AccessCode.objects.filter(incident=case, revoked_at=None)
        if entry.kind == kinds.CODE_REPLACED.name:
            live = live.filter(name="")  # the reporter's own; those made for others go on
        if count := live.update(revoked_at=now):
            case.store(now)
            record(kinds.CODES_ENDED, case, by=SYSTEM, at=now, data={"count": count})

    _with(entry, act)


def _code_ended(entry: Entry, now: datetime) -> None:
    def act(case: Incident) -> None:
        code = AccessCode.objects.filter(incident=case, uuid=entry.data["code"], revoked_at=None)
        if code.update(revoked_at=now):
            case.store(now)
            record(kinds.CODE_ENDED, case, by=SYSTEM, at=now, data=entry.data)

    _with(entry, act)


def _tlp_raised(entry: Entry, now: datetime) -> None:
    def act(case: Incident) -> None:
        old, new = Tlp(case.tlp), Tlp(entry.data["new"])
        if new > old:
            case.tlp = new
            case.store(now)
            record(kinds.TLP_RAISED, case, by=SYSTEM, at=now, data={"old": old, "new": new})

    _with(entry, act)


def _restricted(entry: Entry, now: datetime) -> None:
    def act(case: Incident) -> None:
        if case.restricted:
            return
        named = User.objects.filter(uuid__in=entry.data["people"])
        IncidentAccess.objects.bulk_create(
            IncidentAccess(incident=case, user=user) for user in named
        )
        Watch.objects.filter(incident=case).exclude(user__in=named).delete()
        case.restricted = True
        if case.assignee and case.assignee not in named:
            case.assignee = None
        case.store(now)
        people = sorted(str(user.uuid) for user in named)
        record(kinds.RESTRICTED, case, by=SYSTEM, at=now, data={"people": people})

    _with(entry, act)


def _access_changed(entry: Entry, now: datetime) -> None:
    def act(case: Incident) -> None:
        removed, added = entry.data.get("removed", []), entry.data.get("added", [])
        gone = IncidentAccess.objects.filter(incident=case, user__uuid__in=removed)
        named = set(IncidentAccess.objects.filter(incident=case).values_list("user_id", flat=True))
        new = User.objects.filter(uuid__in=added).exclude(pk__in=named)
        if not case.restricted or not (gone.exists() or new.exists()):
            return
        Watch.objects.filter(incident=case, user__uuid__in=removed).delete()
        if case.assignee and str(case.assignee.uuid) in removed:
            case.assignee = None
        gone.delete()
        IncidentAccess.objects.bulk_create(IncidentAccess(incident=case, user=user) for user in new)
        case.store(now)
        data = {"added": sorted(added), "removed": sorted(removed)}
        record(kinds.ACCESS_CHANGED, case, by=SYSTEM, at=now, data=data)

    _with(entry, act)


def _consent_withdrawn(entry: Entry, now: datetime) -> None:
    def act(case: Incident) -> None:
        consents = Consent.objects.filter(incident=case, about=entry.data["about"])
        if consents.filter(given=False).exists():
            return
        Consent.objects.update_or_create(
            incident=case,
            about=entry.data["about"],
            defaults={"given": False, "text_version": entry.data["text"], "changed_at": now},
        )
        case.store(now)
        record(kinds.CONSENT_WITHDRAWN, case, by=SYSTEM, at=now, data=entry.data, audience="victim")

    _with(entry, act)


def _files_erased(entry: Entry, now: datetime) -> None:
    for name in _forget_files(entry, now):
        store.discard(name)


@change
def _forget_files(entry: Entry, now: datetime) -> list[str]:
    """Forget what the case held then; nothing of the case itself changes."""
    case = Incident.objects.filter(uuid=entry.object, erased_at=None).first()
    if case is None:
        return []
    erasing.lock(case.uuid)
    files = Evidence.objects.filter(
        incident=case, received_at__lte=datetime.fromisoformat(entry.at)
    )
    return retention.forget_files(case, files, rule=entry.data["rule"], now=now)


@change
def _address_judged(entry: Entry, now: datetime) -> None:
    """No event names an address: none that the case's reports gave is used until somebody called."""
    trust, channel = Trust(entry.data["trust"]), entry.data["channel"]
    case = Incident.objects.filter(uuid=entry.object, erased_at=None).first()
    if case is None or trust == Trust.GOOD:
        return
    name = "contact_email" if channel == "mail" else "contact_phone"
    given = Report.objects.filter(Q(incident=case) | Q(first_incident=case)).exclude(**{name: ""})
    for address in sorted(set(given.values_list(name, flat=True))):
        notices.judge_address(
            case=case, channel=channel, address=address, trust=trust, why="restored", by=SYSTEM,
            now=now,
        )  # fmt: skip
