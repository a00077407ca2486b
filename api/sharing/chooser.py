"""The page on which somebody chooses what of a case leaves: values, techniques, words to partners."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from api.models import Choices
from api.sharing import choosing
from api.sharing.choosing import Choice
from api.sharing.naming import Names, names_of
from api.sharing.views import person_of
from api.stix.attack import Technique, attack, search
from csirt.accounts.access import only
from csirt.accounts.roles import DESK, Role
from csirt.directory import reference
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError, Invalid, NotFound
from csirt.kernel.text import clean_line
from csirt.web.errors import said
from incidents import queries as cases
from incidents.domain.observables import ObservableType
from incidents.models import Incident, Observable, ObservableRole

CONFIDENCES = {15: _("faible"), 50: _("moyenne"), 80: _("haute")}  # of api.stix.case
A_PAGE = 70  # values: six fields each, and a request has at most 500


@dataclass(frozen=True)
class Line:
    """One value with what is chosen for it, as the form shows it."""

    uuid: UUID
    label: str
    value: str
    leaves: bool
    confidence: str
    days: str
    technique: str
    names: bool  # it holds the victim's name or domain
    named: bool  # and leaves all the same


@dataclass(frozen=True)
class Sheet:
    """What the form holds: what is kept, or what was just typed."""

    version: int
    techniques: tuple[str, ...]
    note: str
    consent: str
    lines: tuple[Line, ...]


@require_http_methods(["GET", "HEAD", "POST"])
@only(*DESK)
def choose(request: HttpRequest, case: UUID) -> HttpResponse:
    """Show the choices of a case. A POST keeps them, or only searches; what was typed stays."""
    person = person_of(request)
    found = cases.get(person, case)
    if not person.works_cases:
        raise NotFound
    rows = found.observables.filter(role=ObservableRole.INDICATOR).order_by("type", "value")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    kept, names = Choices.objects.filter(incident=found).first(), names_of(found)
    if request.method != "POST":
        return _page(request, found, page, _kept(kept, page, names))
    sheet, act = _typed(request, page, names), request.POST.get("do", "save")
    if act == "enter":  # the key, in whichever box
        act = "search" if clean_line(request.POST.get("words", "")) else "save"
    if act == "search":
        return _page(request, found, page, sheet)
    verb, _colon, ident = act.partition(":")
    techniques = [one for one in sheet.techniques if (verb, one) != ("drop", ident)]
    if verb == "add":
        techniques.append(ident)
    try:
        choosing.choose(
            incident=found.uuid,
            version=sheet.version,
            by=person,
            now=now(),
            techniques=techniques,
            note=sheet.note,
            consent=sheet.consent,
            values={line.uuid: _choice(line) for line in sheet.lines},
        )
    except NotFound:
        raise
    except DeskError as error:
        return _page(request, found, page, sheet, error)
    if verb == "save":
        messages.success(request, gettext("Gardé : l'aperçu suivant en tient compte."))
    here = reverse("sharing-choose", args=[found.uuid])
    part = f"?page={page.number}" if page.number > 1 else ""
    return HttpResponseRedirect(f"{here}{part}{'' if verb == 'save' else '#techniques'}")


def _kept(row: Choices | None, page: Any, names: Names) -> Sheet:
    values = row.values if row else {}
    return Sheet(
        version=row.version if row else 0,
        techniques=tuple(row.techniques) if row else (),
        note=row.note if row else "",
        consent=row.consent if row else "",
        lines=tuple(
            _line(one, names, Choice.kept(one.type, values.get(str(one.uuid), {})))
            for one in page.object_list
        ),
    )


def _typed(request: HttpRequest, page: Any, names: Names) -> Sheet:
    post = request.POST
    sent = set(post.getlist("value"))
    version = post.get("version", "")
    return Sheet(
        version=int(version)
        if version.isascii() and version.isdecimal() and len(version) < 19
        else -1,
        techniques=tuple(clean_line(one)[:12] for one in post.getlist("technique")),
        note=post.get("note", ""),
        consent=post.get("consent", ""),
        lines=tuple(
            replace(
                _line(one, names, Choice.usual(one.type)),
                leaves=f"leaves-{one.uuid}" in post,
                confidence=clean_line(post.get(f"confidence-{one.uuid}", ""))[:4],
                days=clean_line(post.get(f"days-{one.uuid}", ""))[:6],
                technique=clean_line(post.get(f"technique-{one.uuid}", ""))[:12],
                named=f"named-{one.uuid}" in post,
            )
            for one in page.object_list
            if str(one.uuid) in sent
        ),
    )


def _line(one: Observable, names: Names, choice: Choice) -> Line:
    return Line(
        uuid=one.uuid,
        label=gettext(ObservableType(one.type).label),
        value=one.value,
        leaves=choice.leaves,
        confidence=str(choice.confidence),
        days="" if choice.days is None else str(choice.days),
        technique=choice.technique,
        names=names.in_value(one.type, one.value),
        named=choice.named,
    )


def _choice(line: Line) -> Choice:
    """Read the numbers; what is none is one that the service refuses."""
    return Choice(
        leaves=line.leaves,
        confidence=int(line.confidence) if line.confidence.isdecimal() else -1,
        days=None if not line.days else int(line.days) if line.days.isdecimal() else -1,
        technique=line.technique,
        named=line.named,
    )


def _page(
    request: HttpRequest, case: Incident, page: Any, sheet: Sheet, error: DeskError | None = None
) -> HttpResponse:
    known = attack().techniques
    picked = [known[one] for one in sheet.techniques if one in known]
    wanted = clean_line(request.POST.get("words", ""))[:80]
    suggested = reference.current().categories[case.category].attack
    fields = error.fields if isinstance(error, Invalid) else {}
    errors = {name: gettext(sentence) for name, sentence in fields.items()}
    context = {
        "principal": person_of(request),
        "case": case,
        "page": page,
        "sheet": sheet,
        "picked": picked,
        "options": [(row.id, f"{row.id} {row.name}") for row in picked],
        "confidences": [(str(number), word) for number, word in CONFIDENCES.items()],
        "suggested": _others(suggested, picked),
        "words": wanted,
        "hits": [row for row in search(wanted) if row not in picked] if wanted else [],
        "attack": attack(),
        "errors": [{"name": name, "text": sentence} for name, sentence in errors.items()],
        "note_error": errors.get("note", ""),
        "consent_error": errors.get("consent", ""),
        "names": any(line.names for line in sheet.lines),
        "leads": person_of(request).role == Role.LEAD,
        "refused": said(error) if error and not errors else "",
    }
    status = error.status if error else 200
    return render(request, "sharing/choose.html", context, status=status)


def _others(wanted: tuple[str, ...], picked: list[Technique]) -> list[Technique]:
    known = attack().techniques
    return [known[one] for one in wanted if one in known and known[one] not in picked]
