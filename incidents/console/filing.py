"""A report taken on the phone: the analyst types what the caller says, on one page.

People who repeat a task fast may have several questions on a page; each has "je ne sais pas".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.directory.models import Commune, VictimKind
from csirt.directory.search import Place, search_places
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid
from csirt.kernel.text import clean_line
from csirt.reference.bundle import Bundle
from csirt.web import errors as said_errors
from incidents.console.access import for_desk
from incidents.models import Channel
from incidents.services.filing import Submission, file_report

UNKNOWN = "nsp"
_MOST_PLACES = 12
_LEVELS = {"aucun": _("Aucun"), "sans_objet": _("Sans objet")}


@dataclass(frozen=True)
class Typed:
    """What the page was sent."""

    values: Mapping[str, str]
    flags: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


@require_http_methods(["GET", "HEAD", "POST"])
@for_desk
def file(request: HttpRequest, person: Person) -> HttpResponse:
    """Show the form, or file what it holds and say the reference and the code, once."""
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    if request.method != "POST":
        blank = Typed({"token": codes.new_token()})
        return _form(request, person, blank, {}, language)
    typed = Typed(request.POST.dict(), tuple(request.POST.getlist("flags")))
    bundle = reference.current()
    wrong, places = check(typed, bundle)
    if wrong:
        return _form(request, person, typed, wrong, language, places=places, status=400)
    try:
        filed = file_report(
            token=typed["token"],
            submission=submission(typed, bundle, places),
            now=now(),
            by=person,
        )
    except (Invalid, Conflict) as error:
        wrong = dict(getattr(error, "fields", {})) or {"": said_errors.said(error)}
        return _form(request, person, typed, wrong, language, status=error.status)
    context = {
        "principal": person,
        "case": filed.incident,
        "code": codes.grouped(filed.code) if filed.code else "",
    }
    return render(request, "console/filed.html", context)


def check(typed: Typed, bundle: Bundle) -> tuple[dict[str, str], list[Place]]:
    """Return what is wrong, field by field, and the communes that the typed name may mean."""
    wrong: dict[str, str] = {}
    if typed["kind"] not in VictimKind.values:
        wrong["kind"] = gettext("Choisissez qui appelle.")
    if typed["category"] not in bundle.categories:
        wrong["category"] = gettext("Choisissez ce qui se passe.")
    if not typed["text"].strip():
        wrong["text"] = gettext("Écrivez ce que la personne raconte.")
    if not clean_line(typed["phone"]) and not clean_line(typed["email"]):
        wrong["phone"] = gettext("Notez un numéro ou une adresse où la rappeler.")
    for name, levels in ((i.id, i.levels) for i in bundle.triage.inputs):
        if typed[f"input-{name}"] not in {"", *levels}:
            wrong[f"input-{name}"] = gettext("Choisissez une valeur de la liste.")
    places, about = places_of(typed)
    return wrong | about, places


def places_of(typed: Typed) -> tuple[list[Place], dict[str, str]]:
    """Return the communes that were meant, and what is wrong with that."""
    name = clean_line(typed["commune"])
    if typed["insee"]:
        known = Commune.objects.filter(pk=typed["insee"]).exists()
        return [], {} if known else {"commune": gettext("Cette commune n'est pas connue.")}
    if not name:
        return [], {}
    places = search_places(name, limit=_MOST_PLACES)
    if not places:
        said = gettext("Aucune commune ne porte ce nom ou ce code postal.")
        return [], {"commune": said}
    if len(places) > 1:
        return places, {"insee": gettext("Plusieurs communes répondent. Choisissez la bonne.")}
    return places, {}


def submission(typed: Typed, bundle: Bundle, places: list[Place]) -> Submission:
    """Return the checked report."""
    inputs = {i.id: typed[f"input-{i.id}"] or UNKNOWN for i in bundle.triage.inputs}
    return Submission(
        victim_kind=typed["kind"],
        category=typed["category"],
        inputs=inputs,
        flags=tuple(flag for flag in typed.flags if flag in flags(bundle)),
        text=typed["text"],
        contact_name=typed["name"][:120],
        contact_phone=typed["phone"][:40],
        contact_email=typed["email"][:254],
        organisation_name=typed["organisation"][:200],
        commune=typed["insee"] or (places[0].insee if places else ""),
        channel=Channel.PHONE.value,
    )


def flags(bundle: Bundle) -> dict[str, tuple[str, str]]:
    """Return the facts that a person may state, with their French and English words."""
    stated = {"answer", "analyst"}
    return {f.id: (f.fr, f.en) for f in bundle.triage.flags if f.set_by in stated}


def level_labels(bundle: Bundle, name: str, language: str) -> list[dict[str, str]]:
    """Return the levels of a triage input in the words of the public form, unknown last."""
    said: dict[str, str] = {}
    questions = sorted(
        bundle.questions.values(),
        key=lambda question: -len({o.sets[name] for o in question.options if name in o.sets}),
    )
    for question in questions:
        for option in question.options:
            if name in option.sets:
                label = option.label_en if language == "en" else option.label_fr
                said.setdefault(option.sets[name], label)
    levels = [level for level in bundle.inputs[name].levels if level != UNKNOWN]
    return [
        {"value": level, "label": said.get(level) or str(_LEVELS.get(level, level))}
        for level in [*levels, UNKNOWN]
    ]


def _form(
    request: HttpRequest,
    person: Person,
    typed: Typed,
    wrong: Mapping[str, str],
    language: str,
    *,
    places: list[Place] | None = None,
    status: int = 200,
) -> HttpResponse:
    bundle = reference.current()
    english = language == "en"
    context: dict[str, Any] = {
        "principal": person,
        "typed": dict(typed.values),
        "wrong": wrong,
        "errors": [{"name": name, "text": text} for name, text in wrong.items()],
        "kinds": [{"value": value, "label": label} for value, label in VictimKind.choices],
        "categories": [
            {"value": c.id, "label": c.label_en if english else c.label_fr}
            for c in bundle.categories.values()
        ],
        "inputs": [
            {
                "name": f"input-{i.id}",
                "label": i.question_en if english else i.question_fr,
                "options": level_labels(bundle, i.id, language),
                "value": typed[f"input-{i.id}"] or UNKNOWN,
                "error": wrong.get(f"input-{i.id}", ""),
            }
            for i in bundle.triage.inputs
        ],
        "flags": [
            {"value": name, "label": words[english]} for name, words in flags(bundle).items()
        ],
        "chosen": list(typed.flags),
        "places": [{"value": place.insee, "label": place.label} for place in places or []]
        if "insee" in wrong
        else [],
    }
    return render(request, "console/file.html", context, status=status)
