"""Acts on the cases chosen in the queue: one page for each, all of it forms, all or nothing.

An act that asks for nothing is done at once; another one shows its form with the cases, each of which
may still be left out. What stopped an act is said beside each case.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError, Invalid, NotFound
from csirt.kernel.text import clean_line
from csirt.web import errors
from incidents import queries
from incidents.console import queue
from incidents.console.access import for_desk
from incidents.console.forms import (
    Field,
    Option,
    Returned,
    Shape,
    case_named,
    morning,
    priority_fields,
)
from incidents.console.people import desk
from incidents.console.verbs import person_of
from incidents.live import rows
from incidents.models import Campaign, Incident
from incidents.services import bulk
from incidents.services.bulk import Chosen

Done = Sequence[Incident]
Typed = Callable[[str], str]


@dataclass(frozen=True)
class Act:
    """One act: its name in the page, its words, what it asks for, and what does it."""

    name: str
    label: Any
    run: Callable[[Chosen, Person, Typed, datetime], Done]
    fields: Callable[[Returned, Sequence[rows.Row]], Iterable[Field]] = lambda *_: ()
    asks: bool = False

    @property
    def title(self) -> str:
        """The act's words, without the dots that say that it asks for something."""
        return str(self.label).rstrip("…")


def _take(cases: Chosen, by: Person, _typed: Typed, at: datetime) -> Done:
    return bulk.take(cases=cases, by=by, now=at)


def _assign(cases: Chosen, by: Person, typed: Typed, at: datetime) -> Done:
    to = person_of(typed("to"), "to") if typed("to") else None
    return bulk.assign(cases=cases, by=by, to=to, now=at)


def _group(cases: Chosen, by: Person, typed: Typed, at: datetime) -> Done:
    to, name = _uuid(typed("to")), clean_line(typed("name"))
    if typed("to") and to is None:
        raise Invalid(
            "Cette campagne n'existe pas, ou elle est close.",
            fields={"to": "Choisissez une campagne ouverte."},
        )
    return bulk.group(cases=cases, by=by, campaign=to, name=name, now=at)[0]


def _merge(cases: Chosen, by: Person, typed: Typed, at: datetime) -> Done:
    into = case_named(by, typed("other")) if typed("other").strip() else _uuid(typed("into"))
    if into is None:
        raise Invalid(
            "Dites quel dossier garder.",
            fields={"into": "Choisissez un dossier, ou écrivez une référence."},
        )
    return bulk.merge(cases=cases, by=by, into=into, now=at)


def _reject(cases: Chosen, by: Person, typed: Typed, at: datetime) -> Done:
    return bulk.reject(cases=cases, by=by, reason=typed("reason"), now=at)


def _prioritise(cases: Chosen, by: Person, typed: Typed, at: datetime) -> Done:
    priority, reason = typed("priority"), typed("reason")
    return bulk.prioritise(cases=cases, by=by, priority=priority, reason=reason, now=at)


def _snooze(cases: Chosen, by: Person, typed: Typed, at: datetime) -> Done:
    return bulk.snooze(cases=cases, by=by, until=morning(typed("until")), now=at)


def _read(cases: Chosen, by: Person, _typed: Typed, at: datetime) -> Done:
    return bulk.read(cases=cases, by=by, now=at)


def _to_whom(returned: Returned, _rows: object) -> Iterable[Field]:
    people = [{"value": str(user.uuid), "label": str(user)} for user in desk()]
    nobody = {"value": "", "label": gettext("Personne")}
    yield _field("attribuer-to", "select", _("À qui ?"), returned, options=[nobody, *people])


def _which_campaign(returned: Returned, _rows: object) -> Iterable[Field]:
    none = {"value": "", "label": gettext("Aucune campagne")}
    options = [none, *open_campaigns()]
    yield _field("campagne-to", "select", _("Campagne"), returned, options=options)
    yield _field("campagne-name", "text", _("Ou le nom d'une nouvelle campagne"), returned)


def _which_case(returned: Returned, chosen: Sequence[rows.Row]) -> Iterable[Field]:
    options = [
        {"value": row["id"], "label": f"{row['reference']} {row['who']}".strip()} for row in chosen
    ]
    if len(options) > 1:
        yield _field("reunir-into", "radios", _("Quel dossier garder ?"), returned, options=options)
    yield _field("reunir-other", "text", _("Référence d'un autre dossier à garder"), returned)


def _why(returned: Returned, _rows: object) -> Iterable[Field]:
    label = _("Pourquoi n'est-ce pas un événement de sécurité ?")
    yield _field("rejeter-reason", "textarea", label, returned)


def _which_priority(returned: Returned, _rows: object) -> Iterable[Field]:
    return priority_fields(returned)


def _until_when(returned: Returned, _rows: object) -> Iterable[Field]:
    yield _field("reporter-until", "date", _("Jusqu'au"), returned)


def _field(
    named: str, shape: Shape, label: Any, returned: Returned, options: Sequence[Option] = ()
) -> Field:
    act, _sep, name = named.partition("-")
    return Field(
        name=named,
        shape=shape,
        label=str(label),
        options=list(options),
        value=returned.value(act, name),
        error=returned.error(act, name),
    )


# The first one asks: Enter on a box would press it.
ACTS = {
    act.name: act
    for act in (
        Act("attribuer", _("Attribuer à…"), _assign, _to_whom, asks=True),
        Act("prendre", _("Me les attribuer"), _take),
        Act("campagne", _("Campagne…"), _group, _which_campaign, asks=True),
        Act("reunir", _("Réunir…"), _merge, _which_case, asks=True),
        Act("priorite", _("Priorité…"), _prioritise, _which_priority, asks=True),
        Act("reporter", _("Reporter…"), _snooze, _until_when, asks=True),
        Act("rejeter", _("Sans suite…"), _reject, _why, asks=True),
        Act("lu", _("Marquer comme lus"), _read),
    )
}


@require_POST
@for_desk
def together(request: HttpRequest, person: Person) -> HttpResponse:
    """Do one act on the chosen cases, or ask for what it needs."""
    act = ACTS.get(request.POST.get("acte", ""))
    if act is None:
        raise NotFound
    cases = chosen(request.POST)
    if act.asks and request.POST.get("sur") != "oui":
        return _page(request, person, act, cases)

    def typed(name: str) -> str:
        return request.POST.get(f"{act.name}-{name}", "")

    try:
        done = act.run(cases, person, typed, now())
    except NotFound:
        raise
    except DeskError as error:
        if error.status >= 500:
            raise
        return _page(request, person, act, cases, error)
    _tell(request, act, len(done))
    return redirect(_back(request))


@require_POST
@for_desk
def undo(request: HttpRequest, person: Person) -> HttpResponse:
    """Take the last act back, on every case that it was on."""
    try:
        done = bulk.undo(by=person, now=now())
    except NotFound:
        raise
    except DeskError as error:
        if error.status >= 500:
            raise
        messages.error(request, errors.said(error))
    else:
        said = ngettext("Annulé sur un dossier.", "Annulé sur %(count)s dossiers.", len(done))
        messages.success(request, said % {"count": len(done)})
    return redirect("console")


def chosen(posted: QueryDict) -> dict[UUID, int]:
    """Return the cases that a form names, each with the version seen; raises ``NotFound``."""
    found = {}
    for text in posted.getlist("case"):
        name, _sep, version = text.partition("_")
        case = _uuid(name)
        if case is None or not (version.isascii() and version.isdigit()) or len(version) > 18:
            raise NotFound
        found[case] = int(version)
    return found


def open_campaigns() -> list[Option]:
    """Return the campaigns that take cases, by name."""
    found = Campaign.objects.filter(closed_at=None).order_by("name").values_list("uuid", "name")
    return [{"value": str(uuid), "label": name} for uuid, name in found]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _tell(request: HttpRequest, act: Act, count: int) -> None:
    if not count:
        messages.info(request, gettext("Rien n'avait à changer."))
        return
    said = ngettext("%(act)s : un dossier.", "%(act)s : %(count)s dossiers.", count)
    words = {"act": act.title, "count": count}
    messages.success(request, said % words, extra_tags=reverse("console-together-undo"))


def _back(request: HttpRequest) -> str:
    """Return the queue as it was filtered, or the case that asked: nothing else."""
    back = request.POST.get("retour", "")
    if (case := _uuid(back)) is not None:
        return reverse("console-case", args=[case])
    return reverse("console") + (back if back.startswith("?") else "")


def _page(
    request: HttpRequest, person: Person, act: Act, cases: Chosen, error: DeskError | None = None
) -> HttpResponse:
    """Show the act's form with the cases as they are now; raises ``NotFound`` when one is hidden."""
    if len(cases) > bulk.MOST:
        error = error or Invalid(
            "C'est trop à la fois : %(most)s dossiers au plus.", code="many", most=bulk.MOST
        )
        cases = {}
    elif not cases:
        error = error or Invalid("Choisissez au moins un dossier.", code="none")
    found = queries.visible_to(person).filter(uuid__in=cases).order_by(*rows.ORDER)
    shown = list(rows.fetch(found).values())
    if len(shown) != len(cases):
        raise NotFound
    stopped = error.reasons if isinstance(error, bulk.Stopped) else ()
    reasons = {case.reference: errors.said(why) for case, why in stopped}
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    returned = Returned(act.name, request.POST.dict(), getattr(error, "fields", {}))
    context = {
        "principal": person,
        "act": act,
        "fields": list(act.fields(returned, shown)) if shown else [],
        "rows": [
            queue.shown(row, language) | {"stopped": reasons.get(row["reference"], "")}
            for row in shown
        ],
        "refusal": errors.said(error) if error else "",
        "retour": request.POST.get("retour", ""),
        "back": _back(request),
        "way": gettext("Dossiers") if not _uuid(request.POST.get("retour", "")) else "",
    }
    return render(request, "console/together.html", context, status=error.status if error else 200)
