"""Filing: a report becomes an incident in *new*, once, whatever is retried."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError

from csirt.accounts.principals import Anonymous, Machine, Person
from csirt.directory import reference
from csirt.directory.models import Commune, VictimKind
from csirt.journal import change, record
from csirt.journal.epoch import SYSTEM
from csirt.kernel import codes
from csirt.kernel.chain import canonical
from csirt.kernel.errors import Conflict, Invalid, Unavailable
from csirt.kernel.text import clean, clean_line
from incidents import kinds
from incidents.domain.triage import Assessment, assess
from incidents.models import AccessCode, Channel, Clock, Draft, Incident, Report, SpokenCode
from incidents.services import clocks, doors
from incidents.services.gestures import Shown, journal, of_draft

SHOW_CODE_FOR = timedelta(hours=24)
LONGEST_TEXT = 20_000
_TRIES = 3
# Characters of each short field, and its question in the form.
_SHORT = {
    "contact_name": (120, "contact"),
    "contact_phone": (40, "contact"),
    "contact_email": (254, "contact"),
    "organisation_name": (200, "organisme"),
}


@dataclass(frozen=True)
class Submission:
    """What a reporter sends, already checked page by page by the form engine.

    ``answers`` are option ids; ``inputs``, ``asked``, ``flags``, ``traits`` and ``category`` what
    the engine made of them (an analyst on the phone states them directly).
    """

    victim_kind: str
    category: str
    inputs: dict[str, str]
    asked: tuple[str, ...] | None = None
    flags: tuple[str, ...] = ()
    suspected: tuple[str, ...] = ()  # flags that words suggest; an analyst confirms or clears them
    traits: tuple[str, ...] = ()
    answers: dict[str, object] = field(default_factory=dict)
    text: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    own_domains: tuple[str, ...] = ()
    organisation_name: str = ""
    commune: str = ""  # INSEE code, empty when unknown or outside the region
    knowledge_at: datetime | None = None
    knowledge_exact: bool = False
    channel: str = "form"
    language: str = "fr"


@dataclass(frozen=True)
class Filed:
    """``code`` is None when the reporter may not be shown it again."""

    incident: Incident
    report: Report
    code: str | None
    again: bool


def file_report(
    *,
    token: str,
    submission: Submission,
    now: datetime,
    by: Anonymous | Person | Machine,
    draft: str = "",
    gestures: Sequence[Shown] = (),
    flood: bool = False,
) -> Filed:
    """Take a report: durable when this returns, and the same for every retry of *token*.

    *draft* is the digest of a device's draft, which ends in the same change; the first *gestures*
    shown with it, or without one, are journalled. A code taken on the phone is one that was read
    out: the victim's first visit replaces it. What comes in a *flood* is set apart when it is not
    urgent; the retries of one report may say that differently. Raises ``Invalid`` for a token,
    commune, text or value that cannot be taken, ``Conflict`` when other content was already filed
    under the token.
    """
    if not codes.is_token(token):
        raise Invalid("Cette page a expiré. Rechargez-la : vos réponses sont gardées.")
    submission = _cleaned(submission)
    mac = _mac(submission)
    for tried in range(1, _TRIES + 1):
        known = Report.objects.filter(idempotency=codes.idempotency(token)).exists()
        if known and (before := filed_before(token=token, now=now)):
            if not hmac.compare_digest(before.report.fields_mac, mac):
                raise Conflict(
                    "Ce signalement est déjà envoyé. Pour ajouter quelque chose, utilisez votre code.",
                    code="already-filed",
                )
            return before
        # All that can be known before the change is: on SQLite it holds the only writer's place.
        report = _prepared(token, submission, mac, now)
        report.incident.apart = flood and report.incident.may_be_apart
        rows = clocks.opening(report)
        report.incident.attend(now)
        try:
            return _file(
                token,
                report,
                now,
                by,
                draft=draft,
                gestures=gestures,
                routes=doors.noted(report, now),
                flood=flood,
                rows=rows,
            )
        except IntegrityError:  # the same token, or the same reference, in the same moment
            if tried == _TRIES:
                raise
    raise Unavailable  # not reached: the last try raises


def filed_before(*, token: str, now: datetime) -> Filed | None:
    """Return what was filed under *token*, None when nothing was; for a retry without its fields."""
    known = Report.objects.select_related("first_incident")
    report = known.filter(idempotency=codes.idempotency(token)).first()
    if report is None:
        return None
    return Filed(report.first_incident, report, _code_again(token, report, now), again=True)


def _prepared(token: str, submission: Submission, mac: str, now: datetime) -> Report:
    """Return the report and, as its ``incident``, the case that it opens; neither is saved yet."""
    incident = _new_incident(submission, _assess(submission), now)
    return Report(
        incident=incident,
        first_incident=incident,
        idempotency=codes.idempotency(token),
        fields_mac=mac,
        channel=submission.channel,
        language=submission.language,
        answers=submission.answers,
        text=submission.text,
        contact_name=submission.contact_name,
        contact_phone=submission.contact_phone,
        contact_email=submission.contact_email,
        own_domains=list(submission.own_domains),
        filed_at=now,
    )


@change
def _file(
    token: str,
    report: Report,
    now: datetime,
    by: Anonymous | Person | Machine,
    *,
    draft: str,
    gestures: Sequence[Shown],
    routes: dict[str, list[str]],
    flood: bool,
    rows: list[Clock],
) -> Filed:
    incident = report.incident
    incident.save(force_insert=True)
    report.save(force_insert=True)
    Clock.objects.bulk_create(rows)
    code = codes.tracking_code(token, settings.CODE_KEY)
    access = issue_code(incident, code, now)
    if report.channel == Channel.PHONE:
        SpokenCode.objects.create(access=access)
    data = {
        "report": str(report.uuid),
        "channel": report.channel,
        "priority": incident.priority,
        "category": incident.category,
        **routes,
    }
    record(kinds.FILED, incident, by=by, at=now, data=data)
    if flood:
        told = {"apart": incident.apart}
        record(kinds.CAME_IN_FLOOD, incident, by=SYSTEM, at=now, data=told)
    ended = Draft.objects.filter(digest=draft, token=token).first() if draft else None
    journal(incident, [*(of_draft(ended) if ended else ()), *gestures], by, now)
    if ended:
        ended.delete()
    return Filed(incident, report, code, again=False)


def _cleaned(submission: Submission) -> Submission:
    """Return the same with every text as it may be stored; raises ``Invalid`` naming the question."""
    values = {item.name: getattr(submission, item.name) for item in fields(Submission)}
    lines = {name: clean_line(values[name]) for name in _SHORT}
    for name, (longest, question) in _SHORT.items():
        if len(lines[name]) > longest:
            raise Invalid("Ce texte est trop long.", fields={question: "Raccourcissez ce texte."})
    if len(submission.text) > LONGEST_TEXT:
        raise Invalid("Ce texte est trop long.", fields={"recit": "Raccourcissez ce texte."})
    return Submission(**{name: _clean(value) for name, value in values.items()} | lines)


def _clean(value: Any) -> Any:
    """Clean every text inside *value*, which comes from a form or from JSON."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_clean(item) for item in value)
    return value


def _assess(submission: Submission) -> Assessment:
    bundle = reference.current()
    closed = (
        ((submission.victim_kind,), VictimKind.values),
        ((submission.channel,), Channel.values),
        ((submission.language,), ("fr", "en")),
        (submission.traits, bundle.names.variables["traits"].values),
    )
    try:
        if any(value not in known for values, known in closed for value in values):
            raise ValueError("unknown value")  # noqa: TRY301 - as assess() does
        return assess(
            bundle,
            inputs=submission.inputs,
            flags=submission.flags,
            category=submission.category,
            kind=submission.victim_kind,
            traits=submission.traits,
            asked=submission.asked,
            answers=submission.answers,
        )
    except ValueError as error:  # an id that the reference files do not know
        raise Invalid("Une valeur n'est pas dans sa liste.", code="bad-value") from error


def assessment_of(assessment: Assessment, submission: Submission) -> dict[str, object]:
    """Return what an incident keeps of its triage: plain values, no words."""
    return {
        "inputs": dict(submission.inputs),
        "asked": list(submission.asked) if submission.asked is not None else None,
        "flags": sorted(submission.flags),
        "suspected": sorted(submission.suspected),
        "traits": sorted(submission.traits),
        "score": assessment.score,
        "band": assessment.band,
        "computed": assessment.computed,
        "rules": list(assessment.fired),
    }


def digest_to_keep(code: str) -> tuple[str, int]:
    """Return the keyed hash of a code, under the last pepper named, and that pepper's number."""
    number = next(reversed(settings.PEPPERS))
    return codes.code_digest(code, settings.PEPPERS[number]), number


def issue_code(incident: Incident, code: str, now: datetime, *, name: str = "") -> AccessCode:
    """Keep the keyed hash of a tracking code; *name*: whom it is for."""
    digest, number = digest_to_keep(code)
    return AccessCode.objects.create(
        incident=incident,
        uuid=uuid4() if name else None,
        name=name,
        digest=digest,
        pepper=number,
        issued_at=now,
    )


def _new_incident(submission: Submission, assessment: Assessment, now: datetime) -> Incident:
    if submission.commune and not Commune.objects.filter(pk=submission.commune).exists():
        raise Invalid(
            "Cette commune n'est pas connue.",
            fields={"ou": "Choisissez votre commune dans la liste."},
        )
    if submission.knowledge_at and submission.knowledge_at > now:
        raise Invalid("Ce moment est à venir.", fields={"knowledge_at": "Donnez une date passée."})
    return Incident(
        reference=codes.new_reference(settings.REFERENCE_PREFIX),
        victim_kind=submission.victim_kind,
        category=submission.category,
        priority=assessment.priority,
        assessment=assessment_of(assessment, submission),
        reference_version=reference.current_version(),
        organisation_name=submission.organisation_name,
        commune_id=submission.commune or None,
        department_only=_shared_department(submission),
        danger="F2" in assessment.fired,
        knowledge_at=submission.knowledge_at or now,
        knowledge_exact=submission.knowledge_exact,
        opened_at=now,
        changed_at=now,
    )


def _shared_department(submission: Submission) -> str:
    """Return the code of the one department of several communes; empty when there is none.

    Who files for twelve towns opens one case, which is found where they all are.
    """
    named = submission.answers.get("ou")
    if submission.commune or not isinstance(named, list):
        return ""
    insee = [code for code in named if isinstance(code, str)]
    found = set(Commune.objects.filter(pk__in=insee).values_list("department", flat=True))
    return found.pop() if len(found) == 1 else ""


def _mac(submission: Submission) -> str:
    """A keyed hash of the fields: tells a retry from other content under the same token."""
    fields = asdict(submission)
    fields.pop("knowledge_at")  # "now" moves on between two tries
    return hmac.new(settings.CODE_KEY, b"fields|" + canonical(fields), hashlib.sha256).hexdigest()


def _code_again(token: str, report: Report, now: datetime) -> str | None:
    """Return the code of a retry, within a day of filing and never after a re-issue."""
    if now - report.filed_at > SHOW_CODE_FOR:
        return None
    code = codes.tracking_code(token, settings.CODE_KEY)
    digests = {codes.code_digest(code, pepper) for pepper in settings.PEPPERS.values()}
    own = AccessCode.objects.filter(incident=report.first_incident_id, name="")
    issued = own.order_by("-id").first()
    return code if issued and issued.digest in digests and issued.revoked_at is None else None
