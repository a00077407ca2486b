"""What is done about a clock: its own start, the proof that it is met, why it is late or set aside.

All but the two for steps take the case's version, and raise ``NotFound`` for a case that is hidden
or a duty that the files do not know, ``NotAllowed`` for who may only look, ``Conflict`` when the case
changed since.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.journal.change import Actor
from csirt.journal.kinds import Kind
from csirt.kernel.errors import Conflict, Invalid, NotFound
from incidents import kinds, queries
from incidents.domain import deadlines
from incidents.domain.deadlines import Target
from incidents.models import Clock, Evidence, Incident, Verdict
from incidents.services.clock_warnings import heed
from incidents.services.clocks import refresh
from incidents.services.loading import bundle_of, optional_text, required_text, worked_case

LONGEST = 2000  # characters of a proof or a reason
_FUTURE = "Ce moment est à venir."


@change
def start(
    *, incident: UUID, version: int, by: Person, duty: str, step: str = "",
    at: datetime | None, reason: str, now: datetime,
) -> Clock | None:  # fmt: skip
    """Give a clock a start of its own, with the reason; a duty to be established then applies.

    *at* None takes it back: the clock starts again where the case says. Returns None when nothing
    is left of it then. Raises ``Invalid`` for a moment to come, or without a reason.
    """
    case = worked_case(by, incident, version)
    row = _row(case, duty, step, make=True)  # of one that did not apply either
    if not row.law:
        raise NotFound
    if at is not None and at > now:
        raise Invalid(_FUTURE, fields={"at": "Donnez une date passée."})
    reason = required_text(reason, "reason", longest=LONGEST) if at else ""
    previous, row.own_start_at, row.own_start_reason = row.own_start_at, at, reason
    row.save()
    told = {"at": _token(at), "previous": _token(previous)}
    _tell(kinds.CLOCK_STARTED, case, row, by, now, data=told)
    return Clock.objects.filter(pk=row.pk).first()


@change
def meet(
    *, incident: UUID, version: int, by: Person, duty: str, step: str = "", at: datetime, how: str,
    now: datetime, partial: bool = False, evidence: UUID | None = None, late_reason: str = "",
) -> Clock:  # fmt: skip
    """Say that it is done: when, and the proof in words or as a file of the case.

    *partial*: a first notification, where the law allows the rest to follow. Raises ``Invalid`` for
    a moment to come, without a proof, for a file of another case, or without the reasons of a delay
    that the law wants; ``Conflict`` when it is done or set aside already.
    """
    case = worked_case(by, incident, version)
    row = _row(case, duty, step)
    _refuse_unless_open(case, row)
    if at > now:
        raise Invalid(_FUTURE, fields={"at": "Donnez une date passée."})
    rule = bundle_of(case).duties.get(duty)
    partial = partial and bool(rule and rule.partial_allowed)
    row.met_how = required_text(how, "how", longest=LONGEST)
    row.evidence = _evidence(case, evidence)
    row.late_reason = optional_text(late_reason, "late_reason", longest=LONGEST) or row.late_reason
    first = row.partial_at or at
    late = row.ends_at is not None and first > row.ends_at
    if late and rule and rule.late_rule_fr and not row.late_reason:
        raise Invalid(
            "L'heure est passée : dites pourquoi.",
            code="late",
            fields={"late_reason": "Écrivez les motifs du retard : la loi les demande."},
        )
    _met(case, row, at, by, now, partial=partial, late=late)
    return row


@change
def met_by_step(
    *, case: Incident, duty: str, by: Actor, how: str, step: str, now: datetime,
    evidence: Evidence | None = None,
) -> Clock | None:  # fmt: skip
    """Have a step of a playbook that is bound to *duty* meet its clock; *step* names that step.

    The first act of the duty that is still to do is met; None when there is none, so that it may be
    called again. The caller holds the case and stores it.
    """
    refresh(case, now)
    rows = Clock.objects.filter(incident=case, law=True, duty=duty, verdict=Verdict.APPLIES)
    row = rows.filter(met_at=None, waived_at=None).order_by("pk").first()
    if row is None or rows.filter(met_step=step).exists():
        return None
    row.met_how, row.met_step, row.evidence = how[:LONGEST], step, evidence
    late = row.ends_at is not None and (row.partial_at or now) > row.ends_at
    _met(case, row, now, by, now, late=late, store=False)
    return row


@change
def not_met_by_step(*, case: Incident, duty: str, by: Actor, step: str, now: datetime) -> None:
    """Take back what that step met, when it is not done after all; the caller stores the case."""
    row = Clock.objects.filter(
        incident=case, duty=duty, met_step=step, met_at__isnull=False
    ).first()
    if row is not None:
        _reopen(case, row, by, now, store=False)


@change
def explain(
    *, incident: UUID, version: int, by: Person, duty: str, step: str = "", reason: str,
    now: datetime,
) -> Clock:  # fmt: skip
    """Write why a clock is late, while it is still to do or after."""
    case = worked_case(by, incident, version)
    row = _row(case, duty, step)
    row.late_reason = required_text(reason, "late_reason", longest=LONGEST)
    row.save(update_fields=["late_reason"])
    _tell(kinds.CLOCK_EXPLAINED, case, row, by, now)
    return row


@change
def waive(
    *, incident: UUID, version: int, by: Person, duty: str, step: str = "", reason: str,
    now: datetime,
) -> Clock:  # fmt: skip
    """Set a clock aside, with the reason: it is not to be done in this case."""
    case = worked_case(by, incident, version)
    row = _row(case, duty, step)
    _refuse_unless_open(case, row)
    row.waived_at, row.waived_why = now, required_text(reason, "reason", longest=LONGEST)
    row.done_by_id, row.running = by.user_id, False
    row.save()
    _tell(kinds.CLOCK_WAIVED, case, row, by, now)
    return row


@change
def reopen(
    *, incident: UUID, version: int, by: Person, duty: str, step: str = "", now: datetime
) -> Clock:
    """Take back that it is done or set aside: it is to be done again."""
    case = worked_case(by, incident, version)
    row = _row(case, duty, step)
    if not (row.met_at or row.waived_at or row.partial_at):
        raise Conflict("Il n'y a rien à reprendre ici.", code="settled", state=case.state)
    _reopen(case, row, by, now)
    return row


def _met(
    case: Incident, row: Clock, at: datetime, by: Actor, now: datetime, *, late: bool,
    partial: bool = False, store: bool = True,
) -> None:  # fmt: skip
    if partial:
        row.partial_at = at
    else:
        row.met_at = at
    row.running, row.done_by_id = False, by.user_id if isinstance(by, Person) else None
    row.save()
    data = {
        "at": _token(at),
        "partial": partial,
        "late": late,
        "evidence": str(row.evidence.uuid) if row.evidence else "",
        "by_step": row.met_step,
    }
    _tell(kinds.CLOCK_MET, case, row, by, now, data=data, store=store)


def _reopen(case: Incident, row: Clock, by: Actor, now: datetime, *, store: bool = True) -> None:
    row.partial_at = row.met_at = row.waived_at = None
    row.met_how = row.met_step = row.waived_why = ""
    row.evidence, row.done_by = None, None
    row.save()
    _tell(kinds.CLOCK_RESUMED, case, row, by, now, store=store)


def _row(case: Incident, duty: str, step: str, *, make: bool = False) -> Clock:
    """Return the clock of that name; *make*: an unsaved one for a duty that has none yet."""
    law = duty not in list(Target)
    row = Clock.objects.filter(incident=case, law=law, duty=duty, step=step).first()
    if row is not None:
        return row
    if not make or deadlines.act(bundle_of(case), duty, step) is None:
        raise NotFound
    return Clock(incident=case, duty=duty, step=step)


def _refuse_unless_open(case: Incident, row: Clock) -> None:
    if row.met_at or row.waived_at:
        raise Conflict("C'est déjà réglé. Relisez.", code="settled", state=case.state)


def _evidence(case: Incident, evidence: UUID | None) -> Evidence | None:
    if evidence is None:
        return None
    found = Evidence.objects.filter(incident__in=queries.joined(case), uuid=evidence).first()
    if found is None:
        raise Invalid(
            "Ce fichier n'est pas dans ce dossier.",
            fields={"evidence": "Choisissez un fichier de la liste."},
        )
    return found


def _token(at: datetime | None) -> str:
    return at.isoformat(timespec="minutes") if at else ""


def _tell(
    kind: Kind, case: Incident, row: Clock, by: Actor, now: datetime,
    *, data: Mapping[str, object] | None = None, store: bool = True,
) -> None:  # fmt: skip
    """Record what was done; the clocks are computed again at once, for the page that follows."""
    refresh(case, now)
    heed(case, by, now)
    if store:
        case.store(now)
    record(kind, case, by=by, at=now, data={"duty": row.duty, "step": row.step, **(data or {})})
