"""What a victim may keep: one page for who decides, and all that concerns the case as text."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from csirt.directory import reference
from csirt.reference.bundle import Bundle
from csirt.reference.duties import DutyRule
from csirt.web.templatetags.web import paris
from incidents import queries
from incidents.domain import duties
from incidents.domain.clocks import ends
from incidents.domain.environment import environment
from incidents.domain.walk import Asked
from incidents.intake import deciding, fields, places, rounds
from incidents.intake.calendar import PARIS, spoken
from incidents.intake.door import Visit, visiting
from incidents.intake.followup import said
from incidents.intake.states import happened, standing
from incidents.intake.words import language, said_all
from incidents.intake.words import said as in_language
from incidents.models import AccessCode, Incident, Report

AT_ONCE = timedelta(hours=1)  # a duty due this soon is said as "now"
TOLD = ("continue", "travail", "infos_gens", "argent_parti")


@dataclass(frozen=True)
class Decision:
    """One thing to decide, and by when. ``sure`` is False while a fact is missing."""

    title: str
    why: str
    when: str
    sure: bool


@require_safe
@visiting
def summary(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show one page for the mayor: what happened, what to decide, by when, who does what."""
    case, bundle = visit.case, reference.current()
    known = queries.known_answers(case)
    category = bundle.categories.get(case.category)
    playbook = bundle.playbook_for(case.category) if category else None
    context = {
        "case": case,
        "standing": standing(case),
        "what": in_language(category, "label") if category else "",
        "since": spoken(case.knowledge_at, visit.now)
        if case.knowledge_exact and case.knowledge_at
        else "",
        "said": _said_when(visit, known),
        "told": [
            {"label": label, "lines": lines} for label, lines in _answers(bundle, known, TOLD)
        ],
        "decisions": decisions(bundle, visit, known),
        "gestures": said_all(playbook, "first_minutes")[:3] if playbook else (),
        "towns": places.labels(places.named(known.get("ou"))) if case.commune is None else [],
        "town": case.victim_kind in {"commune", "epci"},
        "printed": visit.now,
    }
    return render(request, "intake/summary.html", context)


@require_safe
@visiting
def download(_request: HttpRequest, visit: Visit) -> HttpResponse:
    """Give all that this visitor may see of the case, as one text that any device opens."""
    text = "\n".join(_everything(visit)) + "\n"
    return HttpResponse(
        text.encode(),
        content_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="dossier-{visit.case.reference}.txt"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def decisions(bundle: Bundle, visit: Visit, known: dict[str, object]) -> list[Decision]:
    """Return the duties that apply or are to be established, the most pressing first."""
    kept, case = visit.case.assessment, visit.case
    inputs = kept.get("inputs", {})
    env = environment(
        bundle,
        kind=case.victim_kind,
        category=case.category,
        inputs={i.id: inputs.get(i.id, i.not_asked) for i in bundle.triage.inputs},
        answers=known,
        traits=kept.get("traits", ()),
        priority=case.priority,
        nis2_in_force=settings.NIS2_FR_IN_FORCE,
    )
    begun, found = queries.begun(case, known), []
    for duty in duties.evaluate(bundle, env, kept.get("flags", ())).values():
        if duty.state == "no":
            continue
        rule = bundle.duties[duty.id]
        due = ends(bundle, rule, begun) if begun else None
        reason = duty.reason if language() == "fr" and duty.applies else ""
        last = due or datetime.max.replace(tzinfo=PARIS)
        when = _when(rule, due, visit.now, exact=case.knowledge_exact)
        found.append((not duty.applies, last, rule, reason, when))
    found.sort(key=lambda one: one[:2])
    return [
        Decision(in_language(rule, "title"), reason, when, sure=not unsure)
        for unsure, _due_at, rule, reason, when in found
    ]


def _when(rule: DutyRule, due: datetime | None, now: datetime, *, exact: bool) -> str:
    if rule.due is None:
        return gettext("Dès que possible.")
    if not (rule.due.days or rule.due.months) and rule.due.timedelta <= AT_ONCE:
        return gettext("Tout de suite.")
    if due is None:
        return gettext("Le délai est court. Dites-nous l'heure de la découverte.")
    if due < now and exact:
        return gettext("Le délai est passé. Faites-le quand même.")
    if due < now:
        return gettext("Le délai est peut-être passé. Faites-le quand même.")
    return gettext("Avant %(moment)s.") % {"moment": spoken(due, now)}


def _said_when(visit: Visit, known: dict[str, object]) -> dict[str, object]:
    """Return the victim's own words for the moment, and when they were said; nothing without one.

    A day or "this week" is no hour: the page that goes to the mayor states no guess as a fact.
    """
    if visit.case.knowledge_exact or queries.begun(visit.case, known) is None:
        return {}
    words = [lines[0] for _, lines in _answers(reference.current(), known, ("quand",)) if lines]
    told = visit.case.later_answers.filter(question="quand").order_by("-given_at").first()
    return (
        {"words": words[0], "at": told.given_at if told else visit.case.opened_at} if words else {}
    )


def _answers(
    bundle: Bundle, known: dict[str, object], wanted: tuple[str, ...] = ()
) -> Iterator[tuple[str, list[str]]]:
    """Yield each question answered and its answer in words, in the order of the form."""
    for name, question in bundle.questions.items():
        if name in known and (not wanted or name in wanted) and question.type != "contact":
            asked = Asked(question, question.options, required=False, answer=known[name])  # type: ignore[arg-type]
            yield in_language(question), fields.lines(asked)


def _everything(visit: Visit) -> Iterator[str]:
    case, bundle = visit.case, reference.current()
    yield f"{settings.DESK_NAME} – {gettext('Dossier')} {case.reference}"
    yield f"{gettext('Copie du')} {_at(visit.now)}"
    yield from _head(gettext("Où en est-on ?"))
    stands = standing(case)
    yield f"{stands.now} {stands.next}"
    if case.closing_words:
        yield case.closing_words
    report = Report.objects.filter(first_incident=case).order_by("filed_at", "pk").first()
    yield from _head(gettext("Votre signalement"))
    yield _at(case.opened_at)
    for label, lines in _answers(bundle, queries.known_answers(case)):
        yield f"{label} {', '.join(lines)}"
    if report:
        given = (report.contact_name, report.contact_phone, report.contact_email)
        yield " ".join([gettext("Contact :"), *(part for part in given if part)])
        yield from ["", report.text] if report.text else []
    yield from _head(gettext("Messages"))
    for one in queries.conversation(case):
        yield f"[{_at(one.written_at)}] {said(visit, one).who}"
        yield from [one.text, ""]
    yield from _rounds(case)
    # Their own only: a case joined to this one is somebody else's.
    if files := list(case.evidence.order_by("received_at", "pk")):
        yield from _head(gettext("Vos fichiers"))
        yield gettext("Vos fichiers n'y sont pas, seulement leur liste. Gardez vos originaux.")
        for file in files:
            yield f"{file.name or '–'} ({file.size}), SHA-256 {file.sha256}"
    yield from _head(gettext("Ce qui s'est passé"))
    for event in queries.timeline(visit.victim, case):
        if words := happened(event.kind):
            yield f"{_at(event.at)} – {words}"
    if visit.decides:
        yield from _decided(visit)


def _rounds(case: Incident) -> Iterator[str]:
    """Yield what was answered after closing."""
    if told := list(rounds.answered(case)):
        yield from _head(gettext("De vos nouvelles"))
        for at, lines in told:
            yield from (_at(at), *lines)


def _decided(visit: Visit) -> Iterator[str]:
    yield from _head(gettext("Vos accords"))
    for one in deciding.agreements(visit):
        answer = gettext("oui") if one.given else gettext("non")
        if one.given is None:
            answer = gettext("pas demandé")
        yield f"{one.title} : {answer}" + (f" ({_at(one.at)})" if one.at else "")
    yield from _head(gettext("Codes donnés à d'autres"))
    for code in AccessCode.objects.filter(incident=visit.case).exclude(name="").order_by("pk"):
        ended = f" → {_at(code.revoked_at)}" if code.revoked_at else ""
        yield f"{code.name} : {_at(code.issued_at)}{ended}"


def _head(title: str) -> list[str]:
    return ["", title, "-" * len(title)]


def _at(moment: datetime) -> str:
    return paris(moment, "short").replace("\u00a0", " ")
