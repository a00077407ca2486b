"""The hand-over page: what the next shift needs to know, from the cases that its reader may see."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid
from csirt.web.errors import said
from incidents import queries
from incidents.console import timeline
from incidents.console.access import for_desk
from incidents.console.forms import PARIS, local, options
from incidents.domain.deadlines import act
from incidents.domain.lifecycle import State
from incidents.models import Clock, Duty, HandOver, Incident, Priority
from incidents.services import handing_over
from incidents.services.loading import bundle_of

SHIFT = timedelta(hours=8)  # when no duty and no hand-over says when it began
DAY = timedelta(hours=24)
LONGEST = timedelta(days=31)
SHOWN = 100  # cases of one list
LINES = 3  # of what happened to one case


@dataclass(frozen=True)
class Entry:
    """One case of a list, and what is said of it there."""

    case: Incident
    state: str
    lines: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True)
class Part:
    """One list of the page."""

    id: str
    title: str
    nothing: str
    entries: list[Entry]

    @property
    def cut(self) -> bool:
        return len(self.entries) >= SHOWN


@require_http_methods(["GET", "HEAD", "POST"])
@for_desk
def page(request: HttpRequest, person: Person) -> HttpResponse:
    """Show what the next shift needs, or leave a word for it."""
    at = now()
    given = request.POST if request.method == "POST" else request.GET
    wrong: dict[str, str] = {}
    since = _begun(person, at)
    if typed := given.get("depuis", ""):
        try:
            since = _since(typed, at)
        except Invalid as error:
            wrong = dict(error.fields)
    if request.method == "POST" and not wrong:
        try:
            handing_over.hand_over(by=person, since=since, text=given.get("text", ""), now=at)
        except Invalid as error:
            wrong = dict(error.fields)
        else:
            messages.success(request, gettext("Votre relève est écrite. La suite peut la prendre."))
            return redirect("console-handover")
    errors = [{"name": name, "text": gettext(text)} for name, text in wrong.items()]
    context = {
        "principal": person,
        "since": since,
        "typed": typed or f"{since.astimezone(PARIS):%Y-%m-%dT%H:%M}",
        "text": given.get("text", ""),
        "at": at,
        "parts": parts(person, since, at),
        "handovers": list(
            HandOver.objects.select_related("author", "taken_by").order_by("-written_at")[:5]
        ),
        "errors": errors,
        "wrong": {one["name"]: one["text"] for one in errors},
    }
    return render(request, "console/handover.html", context, status=400 if errors else 200)


@require_POST
@for_desk
def take(request: HttpRequest, person: Person, handover: UUID) -> HttpResponse:
    """Say that one has read it and goes on."""
    try:
        handing_over.take_over(handover=handover, by=person, now=now())
    except Conflict as error:
        messages.error(request, said(error))
    else:
        messages.success(request, gettext("Vous avez pris la relève."))
    return redirect("console-handover")


def _begun(person: Person, at: datetime) -> datetime:
    """Return when the reader's shift began: their duty, the hand-over they took, else eight hours ago."""
    duty = Duty.objects.filter(user=person.user_id, begins_at__lte=at, ends_at__gt=at)
    begun = duty.order_by("begins_at").values_list("begins_at", flat=True).first()
    taken = HandOver.objects.filter(taken_by=person.user_id, taken_at__gt=at - 2 * SHIFT)
    return begun or taken.aggregate(latest=Max("taken_at"))["latest"] or at - SHIFT


def _since(text: str, at: datetime) -> datetime:
    try:
        since = local(text)
    except ValueError as error:
        raise Invalid(
            "Cette date n'est pas lisible.", fields={"depuis": "Donnez un jour et une heure."}
        ) from error
    if not at - LONGEST <= since < at:
        raise Invalid(
            "Ce moment ne convient pas.",
            fields={"depuis": "Donnez un moment des 31 derniers jours."},
        )
    return since


def parts(person: Person, since: datetime, at: datetime) -> list[Part]:
    """Return the lists of the page, of cases that *person* sees now."""
    live = queries.live(person).select_related("assignee").order_by("priority", "opened_at", "pk")
    waiting = live.filter(state=State.WAITING).order_by("waiting_until", "pk")
    return [
        Part(
            "urgent", gettext("Danger, P1 et P2"), gettext("Rien d'urgent n'est ouvert."),
            _entries(live.filter(Q(danger=True) | Q(priority__in=[Priority.P1, Priority.P2]))),
        ),
        Part(
            "unread", gettext("Victimes qui attendent d'être lues"),
            gettext("Tout ce que les victimes ont écrit est lu."),
            _entries(queries.visible_to(person).filter(unread=True).select_related("assignee")),
        ),
        Part(
            "clocks",
            gettext("Délais des prochaines 24 heures"),
            gettext("Aucun délai ne se termine dans les 24 heures."),
            _clocks(person, at),
        ),
        Part(
            "waiting", gettext("Ce que nous attendons, et de qui"), gettext("Rien n'est en attente."),
            [_waits(case) for case in waiting[:SHOWN]],
        ),
        Part(
            "changed", gettext("Ce qui a changé depuis"), gettext("Rien n'a changé depuis."),
            _changed(person, since),
        ),
    ]  # fmt: skip


def _entries(cases: QuerySet[Incident]) -> list[Entry]:
    return [Entry(case, gettext(State(case.state).label)) for case in cases[:SHOWN]]


def _waits(case: Incident) -> Entry:
    labels = {one["value"]: one["label"] for one in options("waiting_on", "")}
    who = labels.get(case.waiting_on, case.waiting_on)
    return Entry(case, who, (case.reason,) if case.reason else (), case.waiting_until)


def _clocks(person: Person, at: datetime) -> list[Entry]:
    """Return the clocks that end within a day, or have ended and are not met, the next first."""
    rows = Clock.objects.filter(
        running=True, ends_at__lte=at + DAY, incident__in=queries.live(person)
    ).select_related("incident__assignee")
    return [
        Entry(row.incident, _clock_title(row), at=row.ends_at)
        for row in rows.order_by("ends_at", "pk")[:SHOWN]
    ]


def _clock_title(row: Clock) -> str:
    if not row.law:
        return gettext("Délai du service")
    bundle = bundle_of(row.incident)
    one, rule = act(bundle, row.duty, row.step), bundle.duties.get(row.duty)
    if rule and not row.step and (get_language() or "fr").startswith("en"):
        return rule.title_en
    return one.title_fr if one else row.duty


def _changed(person: Person, since: datetime) -> list[Entry]:
    """Return the cases with something new since *since*, and the latest that happened to each."""
    seen = queries.visible_to(person).filter(changed_at__gte=since).select_related("assignee")
    cases = {case.pk: case for case in seen.order_by("-changed_at", "-pk")[:SHOWN]}
    events = Event.objects.filter(incident__in=cases, at__gte=since)
    events = events.exclude(kind__in=timeline.QUIET).order_by("-seq")
    latest: dict[int, list[Event]] = {pk: [] for pk in cases}
    for event in events[: SHOWN * 10]:
        if event.incident is not None and len(latest[event.incident]) < LINES:
            latest[event.incident].append(event)
    told = [event for found in latest.values() for event in found]
    names = timeline.names(told, person)
    return [
        Entry(
            case,
            gettext(State(case.state).label),
            tuple(line.text for line in timeline.lines(latest[pk], names)),
        )
        for pk, case in cases.items()
    ]
