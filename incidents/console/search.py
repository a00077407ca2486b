"""The search page: from anywhere in the console, by ``/`` or its box."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from csirt.accounts.principals import Person
from csirt.directory.queries import search_organisations
from csirt.directory.search import search_places
from csirt.kernel.text import clean_line
from incidents.console import finding, queue
from incidents.console.access import for_readers
from incidents.console.narrowing import narrowing
from incidents.domain.asked import LONGEST, read

BESIDE = 5  # organisations and places shown beside the cases
EXAMPLES = (
    "rançon mairie",
    "hxxps://exemple[.]com",
    "etat:nouveau dep:34",
    "virement priorite:P1 depuis:2026-11-01",
    "qui:personne categorie:rancongiciel",
)


@require_safe
@for_readers
def search(request: HttpRequest, person: Person) -> HttpResponse:
    """Show what answers the question; a reference leads to its case."""
    text = clean_line(request.GET.get("q", "")[: 4 * LONGEST])[:LONGEST]
    case = finding.by_reference(person, text)
    if case is not None:
        return redirect("console-case", case.uuid)
    asked = read(text)
    narrowed = narrowing(asked.filters, person)
    context = {"principal": person, "find": text, "asked": asked, "examples": EXAMPLES}
    context |= {"refused": narrowed.refused, "count": None}
    if not asked.empty and not narrowed.refused:
        result = finding.find(person, asked, narrowed, request.GET.get("apres", ""))
        language = "en" if (get_language() or "fr").startswith("en") else "fr"
        context |= {
            "result": result,
            "count": _counted(result),
            "cases": [
                queue.shown(row, language) | {"excerpt": result.excerpts.get(row["id"], [])}
                for row in result.rows
            ],
            "next": "?" + urlencode({"q": text, "apres": result.after}) if result.after else "",
            **(_beside(person, text) if asked.words and not asked.filters else {}),
        }
    return render(request, "console/search.html", context)


def _counted(result: finding.Result) -> str:
    """Return the count as it is said; empty where it is not."""
    if result.count is None:
        return ""
    return f"{finding.PAGE}+" if result.count > finding.PAGE else str(result.count)


def _beside(person: Person, text: str) -> dict[str, object]:
    """Return the organisations and places that the words may name."""
    return {
        "organisations": search_organisations(person, text).rows[:BESIDE],
        "places": search_places(text, limit=BESIDE),
    }
