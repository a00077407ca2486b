"""The clocks of a case: a panel of its page, a page for each, and the moment they count from."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from csirt.accounts.principals import Person, Principal
from csirt.directory import reference
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, DeskError, Invalid, NotFound
from csirt.kernel.text import clean_line
from csirt.prepared import Given, prepared
from csirt.web import errors, panels
from incidents import kinds, queries
from incidents.console import case as pages
from incidents.console import clock_words, papers, timeline
from incidents.console.access import for_readers
from incidents.console.forms import PARIS, Returned, local
from incidents.console.verbs import version_of
from incidents.domain import deadlines
from incidents.domain.deadlines import Target
from incidents.models import Clock, Incident, Verdict
from incidents.services import casework, clock_acts
from incidents.services.loading import bundle_of
from incidents.services.papers import papers_of

NAME = "horloges"
_SENTENCES = {
    kinds.CLOCK_STARTED.name: _(
        "%(who)s a donné son propre départ à une horloge : %(clock)s, %(at)s."
    ),
    kinds.CLOCK_MET.name: _("%(who)s a noté comme fait%(part)s : %(clock)s, %(at)s%(late)s."),
    kinds.CLOCK_EXPLAINED.name: _("%(who)s a écrit pourquoi c'est en retard : %(clock)s."),
    kinds.CLOCK_WAIVED.name: _("%(who)s a écarté une horloge : %(clock)s."),
    kinds.CLOCK_RESUMED.name: _("%(who)s a remis à faire : %(clock)s."),
    kinds.CLOCK_NEAR.name: _("Bientôt la fin : %(clock)s, avant le %(ends)s."),
    kinds.CLOCK_OVER.name: _("C'est l'heure, et c'est à faire : %(clock)s, avant le %(ends)s."),
}


def register() -> None:
    """Fill the slot and say our events; called when the app is ready."""
    panels.register("console.case", NAME, "Horloges", panel, order=10)
    for kind, sentence in _SENTENCES.items():
        timeline.tell(kind, sentence, _words)


def _words(data: timeline.Values, _names: object) -> dict[str, object]:
    ends, at = data.get("ends"), data.get("at")
    return {
        "clock": clock_words.title_of(reference.current(), data["duty"], data.get("step", "")),
        "at": _hour(at) if at else gettext("celui du dossier"),
        "ends": _hour(ends) if ends else "",
        "part": gettext(" en partie") if data.get("partial") else "",
        "late": gettext(", en retard") if data.get("late") else "",
    }


def _hour(token: str) -> str:
    return f"{datetime.fromisoformat(token).astimezone(PARIS):%d/%m/%Y %H:%M}"


def panel(request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Draw the clocks of a case, with one query."""
    if not isinstance(principal, Person):
        return ""
    bundle, at = bundle_of(case), now()
    rows = _of_case()(case=case.pk)
    shown = [clock_words.said(bundle, case, row, at) for row in rows]
    order = {one: number for number, one in enumerate(clock_words.STANDINGS)}
    law = [one for one in shown if one.row and one.row.law and one.row.verdict == Verdict.APPLIES]
    law.sort(
        key=lambda one: (one.ends is None, one.ends or at, order[deadlines.Standing(one.standing)])
    )
    asked = {row.duty for row in rows if row.verdict != Verdict.NO}
    begun = [row.started_at for row in rows if row.law and row.started_at and not row.own_start_at]
    context = {
        "case": case,
        "works": principal.works_cases,
        "since": min(begun, default=case.knowledge_at),  # of a vague answer, its first moment
        "law": law,
        "unknown": [one for one in shown if one.standing == Verdict.UNKNOWN],
        "no": [
            *(one for one in shown if one.standing == Verdict.NO),
            *clock_words.others(bundle, rows),
        ],
        "desk": [one for one in shown if one.row and not one.row.law],
        "papers": [
            {"id": one.id, "title": papers.title_of(one)}
            for one in papers_of().values()
            if one.duty in asked
        ],
    }
    return render_to_string("console/clocks.html", context, request)


@prepared
def _of_case() -> QuerySet[Clock]:
    return Clock.objects.filter(incident=Given("case")).order_by("pk")


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def knowledge(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Show when the victim knew, or change it: the clocks without a start of their own begin there."""
    found = queries.get(person, case)

    def act() -> object:
        return casework.edit(
            incident=case,
            version=version_of(request),
            by=person,
            knowledge_at=_moment(request, "savoir-at"),
            now=now(),
        )

    context = {"at": _typed(found.knowledge_at)}
    if request.method == "POST":
        return _carried_out(
            request, person, case, "console/knowledge.html", context, act=act, form="savoir"
        )
    return _page(request, person, found, "console/knowledge.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def clock(request: HttpRequest, person: Person, case: UUID, clock: str) -> HttpResponse:
    """Show one clock with what the law says; posted: do what its form says about it."""
    found = queries.get(person, case)
    duty, _dot, step = clean_line(clock).partition(".")
    if request.method != "POST":
        return _page(request, person, found, "console/clock.html", _one(found, person, duty, step))
    verb = request.POST.get("faire", "")
    if verb not in _ACTS:
        raise NotFound
    context = _one(found, person, duty, step)
    common: dict[str, Any] = {
        "incident": case, "by": person, "duty": duty, "step": step, "now": now(),
    }  # fmt: skip

    def act() -> object:
        return _ACTS[verb](request, {**common, "version": version_of(request)})

    return _carried_out(request, person, case, "console/clock.html", context, act=act, form=verb)


def _one(case: Incident, person: Person, duty: str, step: str) -> dict[str, Any]:
    bundle, at = bundle_of(case), now()
    law = duty not in list(Target)
    rows = Clock.objects.filter(incident=case, law=law, duty=duty, step=step)
    row = rows.select_related("done_by", "evidence").first()
    if row is None and (not law or deadlines.act(bundle, duty, step) is None):
        raise NotFound
    known = row or Clock(incident=case, duty=duty, step=step, verdict=Verdict.NO)
    events = queries.timeline(person, case).filter(kind__startswith="clock.", data__duty=duty)
    return {
        "clock": clock_words.said(bundle, case, known, at),
        "papers": [
            {"id": one.id, "title": papers.title_of(one)}
            for one in papers_of().values()
            if one.duty == duty and one.step in {None, step}
        ],
        "settled": bool(known.met_at or known.waived_at),
        "begun": bool(known.met_at or known.waived_at or known.partial_at),
        "sources": [bundle.source_file.sources[one] for one in _sources(bundle, duty)],
        "files": [
            {"value": str(one.uuid), "label": one.name or one.sha256[:12]}
            for one in queries.evidence(person, case)
        ],
        "events": timeline.lines(
            [one for one in events.order_by("-seq")[:50] if one.data.get("step", "") == step]
        ),
        "at": _typed(at),
        "own": _typed(known.own_start_at or known.started_at or case.knowledge_at),
    }


def _sources(bundle: Any, duty: str) -> tuple[str, ...]:
    rule = bundle.duties.get(duty)
    return rule.source if rule else ()


def _meet(request: HttpRequest, common: dict[str, Any]) -> object:
    try:
        evidence = UUID(text) if (text := request.POST.get("meet-evidence", "")) else None
    except ValueError as error:
        raise NotFound from error
    return clock_acts.meet(
        **common,
        at=_moment(request, "meet-at"),
        how=request.POST.get("meet-how", ""),
        partial=request.POST.get("meet-partial") == "oui",
        evidence=evidence,
        late_reason=request.POST.get("meet-late_reason", ""),
    )


def _start(request: HttpRequest, common: dict[str, Any]) -> object:
    at = _moment(request, "start-at")
    return clock_acts.start(**common, at=at, reason=request.POST.get("start-reason", ""))


_ACTS: Mapping[str, Callable[[HttpRequest, dict[str, Any]], object]] = {
    "meet": _meet,
    "start": _start,
    "default": lambda _request, common: clock_acts.start(**common, at=None, reason=""),
    "explain": lambda request, common: clock_acts.explain(
        **common, reason=request.POST.get("explain-late_reason", "")
    ),
    "waive": lambda request, common: clock_acts.waive(
        **common, reason=request.POST.get("waive-reason", "")
    ),
    "reopen": lambda _request, common: clock_acts.reopen(**common),
}


def _carried_out(
    request: HttpRequest, person: Person, case: UUID, template: str, context: dict[str, Any],
    *, act: Callable[[], object], form: str,
) -> HttpResponse:  # fmt: skip
    """Do it and go back to the case; else show the page again with what was typed and why not."""
    try:
        act()
    except NotFound:
        raise
    except DeskError as error:
        if error.status >= 500:
            raise
        wrong = getattr(error, "fields", {}) if isinstance(error, Invalid) else {}
        found = queries.get(person, case)
        more = {
            "returned": Returned(form, request.POST.dict(), wrong),
            "refusal": errors.said(error),
            "conflict": isinstance(error, Conflict),
        }
        return _page(request, person, found, template, context | more, status=error.status)
    messages.success(request, gettext("C'est noté."))
    return redirect(f"{reverse('console-case', args=[case])}#{NAME}")


def _page(
    request: HttpRequest, person: Person, case: Incident, template: str, context: dict[str, Any],
    *, status: int = 200,
) -> HttpResponse:  # fmt: skip
    returned = context.get("returned", Returned())
    whole = {
        "principal": person, "case": case, "returned": returned,
        "errors": pages.summary(returned), **context,
    }  # fmt: skip
    return render(request, template, whole, status=status)


def _typed(at: datetime | None) -> str:
    """Return a moment as the browser's field takes it, in the time of Paris."""
    return f"{at.astimezone(PARIS):%Y-%m-%dT%H:%M}" if at else ""


def _moment(request: HttpRequest, name: str) -> datetime:
    try:
        return local(request.POST.get(name, ""))
    except ValueError as error:
        raise Invalid(
            "Cette date n'est pas lisible.",
            fields={name.partition("-")[2]: "Donnez le jour et l'heure."},
        ) from error
