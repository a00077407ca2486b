"""The hot wash: what was done when, against what was expected; as a page and on paper."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.web import pdf
from csirt.web.errors import said
from incidents.console import timeline
from incidents.console.access import for_people
from incidents.console.people import names_of
from incidents.models import Incident
from playbooks.exercises import conducting, queries, words
from playbooks.exercises.judging import Mark, Record
from playbooks.exercises.models import Play, Said

MOST_LINES = 1_000
TONES = {Mark.MET: "success", Mark.LATE: "warning", Mark.MISSED: "danger", Mark.PERSON: "info"}


@dataclass(frozen=True)
class Question:
    """One question of the debrief, and what was said.

    ``typed``: what came back, not kept; ``read``: the digest of what its writer saw here, when that
    is not what stands here now.
    """

    number: int
    text: str
    said: Said | None
    typed: str | None = None
    read: str | None = None
    conflict: bool = False

    @property
    def key(self) -> str:
        """Its number, for a name of the form."""
        return str(self.number)

    @property
    def value(self) -> str:
        """What stands in its box."""
        return self.typed if self.typed is not None else self.said.text if self.said else ""

    @property
    def seen(self) -> str:
        """The digest that its form carries."""
        return self.read if self.read is not None else self.said.digest if self.said else ""


@dataclass(frozen=True)
class Line:
    """One thing that happened; ``about``: the reference of the case."""

    at: datetime
    text: str
    about: str


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def page(request: HttpRequest, person: Person) -> HttpResponse:
    """Show the hot wash to who conducts; keep what was said, and what a person judges."""
    if not queries.conducts(person):
        raise NotFound
    play = queries.play()
    wrong: dict[str, str] = {}
    status, conflict = 200, False
    if request.method == "POST":
        try:
            _keep(request, person)
        except Invalid as error:
            wrong = {name: gettext(text) for name, text in error.fields.items()}
            status = error.status
        except Conflict as error:
            if error.code != "changed":
                messages.error(request, said(error))
                return redirect("exercise:hotwash")
            wrong = {f"said-{request.POST['question']}": said(error)}
            status, conflict = error.status, True
        else:
            messages.success(request, gettext("C'est noté."))
            return redirect(f"{request.path}#{_anchor(request)}")
    shown = found(play)
    shown["questions"] = [
        replace(
            one,
            typed=request.POST.get(f"said-{one.key}"),
            read=None if conflict else request.POST.get("seen", ""),
            conflict=conflict,
        )
        if f"said-{one.key}" in wrong
        else one
        for one in shown["questions"]
    ]
    context = {
        "principal": person,
        "can_draw": pdf.can_draw(),
        "wrong": wrong,
        "errors": [{"name": name, "text": text} for name, text in wrong.items()],
        **shown,
    }
    return render(request, "exercises/hotwash.html", context, status=status)


@require_safe
@for_people
def paper(_request: HttpRequest, person: Person) -> HttpResponse:
    """Give the same as a PDF, in French."""
    if not queries.conducts(person) or not pdf.can_draw():
        raise NotFound
    play = queries.play()
    with translation.override("fr"):
        html = render_to_string("exercises/hotwash_paper.html", found(play))
        drawn = pdf.drawn(html, render_to_string("exercises/hotwash_paper.css"))
    name = f'attachment; filename="bilan-{play.scenario}.pdf"'
    return HttpResponse(
        drawn, content_type="application/pdf", headers={"Content-Disposition": name}
    )


def found(play: Play) -> dict[str, Any]:
    """Return what the hot wash says, in the language of the screen."""
    record = Record(play)
    looks, scenario = record.looks(), record.scenario
    marks = [act.mark for look in looks for act in look.acts]
    skipped = [row for row in record.rows if row.state == row.State.SKIPPED]
    names = {one.id: one.name for one in scenario.organisations}
    return {
        "play": play,
        "ended": play.state == Play.State.ENDED,
        "until": play.ended_at or now(),
        "title": words.title(scenario),
        "banner": scenario.banner_fr,
        "looks": [{"look": look, "org": names.get(look.row.org, "")} for look in looks],
        "skipped": skipped,
        "waiting": sum(row.state == row.State.WAITING for row in record.rows),
        "counts": [
            {"label": mark.label, "count": marks.count(mark), "tone": TONES[mark]} for mark in Mark
        ],
        "late": sum(look.was_late for look in looks),
        "lines": _lines(play),
        "questions": _questions(scenario.debrief_fr),
    }


def _questions(asked: tuple[str, ...]) -> list[Question]:
    known = {one.number: one for one in Said.objects.select_related("by")}
    texts = [*asked, gettext("Et encore, à garder pour la prochaine fois")]
    return [Question(n, text, known.get(n)) for n, text in enumerate(texts)]


def _lines(play: Play) -> list[Line]:
    """Return what people did and what arrived, from the beginning to the end, in order."""
    since = Q(at__gte=play.starts_at)
    done = Q(actor__startswith="user:") | Q(object_id=str(play.uuid))
    done |= Q(actor="victim") | Q(actor="anonymous")
    events = list(
        Event.objects.filter(
            since & done & (Q(incident__isnull=False) | Q(object_id=str(play.uuid)))
        )
        .exclude(kind__in=timeline.QUIET | {"hotwash.noted", "hotwash.ruled"})
        .order_by("seq")[:MOST_LINES]
    )
    pks = {event.incident for event in events if event.incident}
    references = dict(Incident.objects.filter(pk__in=pks).values_list("pk", "reference"))
    names = names_of(timeline.people(events))
    return [
        Line(event.at, timeline.sentence(event, names), references.get(event.incident or 0, ""))
        for event in events
    ]


def _keep(request: HttpRequest, person: Person) -> None:
    post, at = request.POST, now()
    if "inject" in post:
        conducting.rule(
            inject=post["inject"],
            number=_number(post.get("number", "")),
            met=post.get("met") == "yes",
            by=person,
            now=at,
        )
        return
    number = _number(post.get("question", ""))
    text, seen = post.get(f"said-{number}", ""), post.get("seen", "")
    conducting.note(number=number, text=text, seen=seen, by=person, now=at)


def _anchor(request: HttpRequest) -> str:
    post = request.POST
    return f"i-{post['inject']}" if "inject" in post else "debrief"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise NotFound
    return int(text)
