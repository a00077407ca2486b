"""What the victim answers after sending, and what the desk decides about the triage that follows."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from csirt.accounts.principals import Person, Victim
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid
from incidents import kinds, queries
from incidents.domain.clocks import earliest, told_later
from incidents.domain.heard import looked_at, to_check
from incidents.domain.lifecycle import State
from incidents.domain.moments import WrongMoment
from incidents.domain.questions import knowledge
from incidents.models import Incident, LaterAnswer, Message
from incidents.services.following import heard, own_and_standing, sent_once, write_as_victim
from incidents.services.loading import bundle_of, worked_case
from incidents.services.merging import lock
from incidents.services.reassessing import adopt, assess_again, endangered, without_suggestion


@change
def answer_later(*, victim: Victim, answers: Mapping[str, object], now: datetime) -> None:
    """Keep answers to the questions left, and assess again; what says nothing new writes nothing.

    The desk finds the case on top, except while nobody has read it at all.
    """
    own, standing = own_and_standing(victim)
    fresh = _keep(own, victim, answers, now)
    if not fresh:
        return
    if standing.state != State.NEW:
        heard(standing, victim, now)
    _tell_answers(own, standing, victim, fresh, now)
    assess_again(own, standing, victim, now)
    standing.store(now)


@change
def situation_changed(
    *,
    victim: Victim,
    token: str,
    worse: bool,
    text: str,
    answers: Mapping[str, object],
    now: datetime,
) -> None:
    """Note that things got better or worse, in words and answers, and assess again.

    The words are a message like any other, so the desk finds the case on top; the retry of *token*
    adds nothing. Raises ``Invalid`` for words that cannot be taken.
    """
    if Message.objects.filter(idempotency=sent_once(token, text)[1]).exists():
        return
    write_as_victim(victim=victim, token=token, text=text, now=now)
    own, standing = own_and_standing(victim)
    data = {"worse": worse}
    record(kinds.SITUATION_CHANGED, own, by=victim, at=now, data=data)
    if standing.pk != own.pk:
        record(kinds.SITUATION_CHANGED, standing, by=victim, at=now, data=data, audience="desk")
    fresh = _keep(own, victim, answers, now)
    if fresh:
        _tell_answers(own, standing, victim, fresh, now)
        assess_again(own, standing, victim, now)
    standing.store(now)


@change
def tell_moment(*, victim: Victim, answer: str, now: datetime) -> None:
    """Take when the victim knew, an *answer* to "quand": the legal clocks begin there.

    An answer that names no moment takes none back. Raises ``Invalid`` for a moment after the
    filing, and ``Conflict`` once the hour is known: an analyst may have set it, and alone changes it.
    """
    own, standing = own_and_standing(victim)
    try:
        answer = told_later(answer, filed_at=own.opened_at, now=now)
    except WrongMoment as error:
        raise Invalid(str(error), code="after-filing") from error
    known = queries.known_answers(own)
    if known.get("quand") == answer:
        return
    if own.knowledge_exact:
        raise Conflict("L'heure est déjà notée. Écrivez-nous pour la changer.", code="known")
    told = knowledge(bundle_of(own), {"quand": answer}, filed_at=own.opened_at)
    if earliest({"quand": answer}, filed_at=own.opened_at) is None and queries.begun(own, known):
        return
    _keep(own, victim, {"quand": answer}, now)
    previous, own.knowledge_at, own.knowledge_exact = own.knowledge_at, told.at, told.exact
    data = {
        "at": told.at.isoformat(timespec="minutes"),
        "previous": previous.isoformat(timespec="minutes") if previous else "",
        "exact": told.exact,
    }
    record(kinds.MOMENT_TOLD, own, by=victim, at=now, data=data)
    if standing.pk != own.pk:
        own.store(now)
        record(kinds.MOMENT_TOLD, standing, by=victim, at=now, data=data, audience="desk")
    if standing.state != State.NEW:
        heard(standing, victim, now)
    standing.store(now)


@change
def settle_suggestion(
    *, incident: UUID, version: int, by: Person, follow: bool, now: datetime
) -> Incident:
    """Follow the priority that the rules suggest since the victim's later answers, or set it aside.

    Raises ``Conflict`` when nothing is suggested any more.
    """
    case = worked_case(by, incident, version)
    suggested = case.assessment.get("suggested")
    if not suggested:
        raise Conflict("Il n'y a plus rien à décider ici.", code="settled", state=case.state)
    data = {"priority": suggested["priority"], "followed": follow}
    record(kinds.SUGGESTION_SETTLED, case, by=by, at=now, data=data)
    if follow:
        kept = {name: value for name, value in suggested.items() if name != "priority"}
        case.priority_reason = ""
        adopt(case, suggested["priority"], kept, by, now)
    else:
        case.assessment = without_suggestion(case.assessment)
    case.store(now)
    return case


@change
def settle_words(
    *, incident: UUID, version: int, by: Person, flag: str, confirmed: bool, now: datetime
) -> Incident:
    """Say whether what distress words point to is so: *flag* counts from here on, or no more.

    The words may be those of a case that was merged into this one. Raises ``Conflict`` when there is
    nothing to look at any more.
    """
    keys = queries.joined(queries.get(by, incident))
    lock(keys)
    others = list(Incident.objects.filter(pk__in=keys).exclude(uuid=incident))
    case = worked_case(by, incident, version)
    bundle = bundle_of(case)
    heard_in = [one for one in (case, *others) if flag in to_check(bundle, one.assessment)]
    if not heard_in:
        raise Conflict("Il n'y a plus rien à décider ici.", code="settled", state=case.state)
    data = {"flag": flag, "confirmed": confirmed}
    record(kinds.WORDS_SETTLED, case, by=by, at=now, data=data)
    for one in {case, *heard_in}:
        one.assessment = looked_at(one.assessment, flag, confirmed=confirmed)
    for one in heard_in:
        if one is not case:
            one.store(now)
    case.danger = any(endangered(one, now) for one in (case, *others))
    assess_again(case, case, by, now)
    case.store(now)
    return case


def _keep(own: Incident, victim: Victim, answers: Mapping[str, object], now: datetime) -> list[str]:
    """Write the answers that differ from what is known; return their questions."""
    known = queries.known_answers(own)
    fresh = {name: answer for name, answer in answers.items() if known.get(name) != answer}
    LaterAnswer.objects.bulk_create(
        LaterAnswer(incident=own, question=name, answer=answer, name=victim.name, given_at=now)
        for name, answer in fresh.items()
    )
    return sorted(fresh)


def _tell_answers(
    own: Incident, standing: Incident, victim: Victim, questions: list[str], now: datetime
) -> None:
    data = {"questions": questions}
    record(kinds.ANSWERED, own, by=victim, at=now, data=data)
    if standing.pk != own.pk:
        record(kinds.ANSWERED, standing, by=victim, at=now, data=data, audience="desk")
