"""The conductor's page, and the calls that the desk picks up. Only in an exercise: 404 elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.kernel import clock, codes
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.reference.exercises import Exercise
from csirt.web.errors import said
from incidents.console import timeline
from incidents.console.access import for_people
from playbooks.exercises import conducting, queries, sink, words
from playbooks.exercises.models import Channel, Delivery, Play

SHOWN = 30  # of what was delivered


@dataclass(frozen=True)
class Coming:
    """One inject that is to come: in how many minutes of the exercise, and of the world."""

    row: Delivery
    minutes: int
    seconds: int
    expected: list[str]

    @property
    def late(self) -> bool:
        """Its time has come: the worker is about to deliver it."""
        return self.seconds <= 0


@dataclass(frozen=True)
class Arrived:
    """One inject that reached the desk, and what it asks for."""

    row: Delivery
    organisation: str
    expected: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def conduct(request: HttpRequest, person: Person) -> HttpResponse:
    """Show where the exercise stands; begin, pause, resume, change its pace or end it."""
    if not queries.conducts(person):
        raise NotFound
    play = queries.play()
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            _act(request, person)
        except Invalid as error:
            wrong = {name: gettext(text) for name, text in error.fields.items()}
        except Conflict as error:
            messages.error(request, said(error))
        if not wrong:
            return redirect("exercise:conduct")
        play = queries.play()
    scenario, at = queries.scenario(play), clock.now()
    context = {
        "principal": person,
        "play": play,
        "running": play.state == Play.State.RUNNING,
        "ended": play.state == Play.State.ENDED,
        "begun": play.state in {Play.State.RUNNING, Play.State.PAUSED},
        "title": words.title(scenario),
        "at": at,
        "coming": _coming(play, scenario, at),
        "skipped": list(queries.skipped()),
        "arrived": _arrived(scenario),
        "refused": [timeline.sentence(event, {}) for event in queries.refused()],
        "mails": sink.kept()[:10],
        "speed": request.POST.get("speed") or f"{play.speed:g}",
        "wrong": wrong,
        "errors": [{"name": name, "text": text} for name, text in wrong.items()],
    }
    return render(request, "exercises/conduct.html", context, status=400 if wrong else 200)


def _act(request: HttpRequest, person: Person) -> None:
    """Do what the button that was pressed says; any other does nothing."""
    who: dict[str, Any] = {"by": person, "real": clock.real()}
    acts: Mapping[str, Callable[[], object]] = {
        "begin": lambda: conducting.begin(**who),
        "pause": lambda: conducting.pause(**who),
        "resume": lambda: conducting.resume(**who),
        "end": lambda: conducting.end(**who),
        "go": lambda: conducting.go(speed=_speed(request.POST.get("speed", "")), **who),
    }
    wanted = acts.get(request.POST.get("act", ""))
    if wanted is not None:
        wanted()


def _speed(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise Invalid(fields={"speed": "Donnez un nombre entre 0,25 et 3600."}) from error


def _coming(play: Play, scenario: Exercise, at: datetime) -> list[Coming]:
    injects = {one.id: one for one in scenario.injects}
    bundle = reference.begun_with(play.reference_version_id)
    found = []
    for row in queries.waiting():
        left = (row.due_at - at).total_seconds()
        expected = words.expected(bundle, injects.get(row.inject))
        found.append(Coming(row, int(-(-left // 60)), int(-(-left // play.speed)), expected))
    return found


def _arrived(scenario: Exercise) -> list[Arrived]:
    injects = {one.id: one for one in scenario.injects}
    names = {one.id: one.name for one in scenario.organisations}
    bundle = reference.current()
    return [
        Arrived(row, names.get(row.org, ""), words.expected(bundle, injects.get(row.inject)))
        for row in queries.delivered()[:SHOWN]
    ]


@require_POST
@for_people
def settle(request: HttpRequest, person: Person, inject: str) -> HttpResponse:
    """Deliver one inject now, skip it, or put it back."""
    if not queries.conducts(person):
        raise NotFound
    acts: Mapping[str, tuple[Callable[..., Delivery], str]] = {
        "skip": (conducting.skip, gettext("L'inject est sauté.")),
        "back": (conducting.put_back, gettext("L'inject est remis à sa place.")),
    }
    deliver = (conducting.deliver, gettext("C'est livré."))
    act, done = acts.get(request.POST.get("act", ""), deliver)
    try:
        act(inject=inject, by=person, now=clock.now())
    except Conflict as error:
        messages.error(request, said(error))
    else:
        messages.success(request, done)
    return redirect("exercise:conduct")


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def free(request: HttpRequest, person: Person) -> HttpResponse:
    """Write an inject that the scenario does not hold; it is delivered at once."""
    if not queries.conducts(person):
        raise NotFound
    scenario = queries.scenario(queries.play())
    wrong: dict[str, str] = {}
    typed = {name: request.POST.get(name, "") for name in ("channel", "org", "sender", "text")}
    if request.method == "POST":
        try:
            token = request.POST.get("envoi", "")
            conducting.inject_free(**typed, by=person, now=clock.now(), token=token)
        except Invalid as error:
            wrong = {name: gettext(text) for name, text in error.fields.items()}
        except Conflict as error:
            messages.error(request, said(error))
            return redirect("exercise:conduct")
        else:
            messages.success(request, gettext("C'est livré."))
            return redirect("exercise:conduct")
    context = {
        "principal": person,
        "channels": [{"value": value, "label": label} for value, label in Channel.choices],
        "orgs": [{"value": one.id, "label": one.name} for one in scenario.organisations],
        "typed": typed,
        "token": codes.new_token(),
        "wrong": wrong,
        "errors": [{"name": name, "text": text} for name, text in wrong.items()],
    }
    return render(request, "exercises/free.html", context, status=400 if wrong else 200)


@require_safe
@for_people
def calls(request: HttpRequest, person: Person) -> HttpResponse:
    """List the calls and the outside facts, those that ring first."""
    if not queries.takes_part(person):
        raise NotFound
    scenario = queries.scenario(queries.play())
    names = {one.id: one.name for one in scenario.organisations}
    rows = [Arrived(row, names.get(row.org, ""), []) for row in queries.picked_up()]
    context = {
        "principal": person,
        "ringing": [one for one in rows if one.row.taken_at is None],
        "taken": [one for one in rows if one.row.taken_at is not None],
    }
    return render(request, "exercises/calls.html", context)


@require_POST
@for_people
def pick_up(request: HttpRequest, person: Person, inject: str) -> HttpResponse:
    """Answer a call: its words can be read from then on, by whoever answered and by all others."""
    if not queries.takes_part(person):
        raise NotFound
    row = conducting.pick_up(inject=inject, by=person, now=clock.now())
    if row.taken_by_id != person.user_id:
        messages.info(request, gettext("%s a déjà décroché.") % row.taken_by)
    return redirect("exercise:calls")


@require_safe
@for_people
def hour(_request: HttpRequest, person: Person) -> HttpResponse:
    """Tell a page the exercise's time, its pace and how many calls ring; for its script."""
    if not queries.takes_part(person):
        raise NotFound
    return JsonResponse(told())


def told() -> dict[str, Any]:
    """Return the time in milliseconds since 1970, how fast it goes, and how many calls ring."""
    how = clock.pace()
    return {
        "now": int(clock.now().timestamp() * 1000),
        "speed": 1.0 if how is None else how.speed,
        "ringing": queries.ringing(),
    }
