"""Texts that a duty asks for: completed on a page, kept, printed or taken away as a file."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, DeskError, Invalid, NotFound
from csirt.reference.papers import Paper
from csirt.web import errors
from incidents import kinds, queries
from incidents.console import case as pages
from incidents.console import timeline
from incidents.console.access import for_desk
from incidents.console.forms import Returned
from incidents.console.verbs import version_of
from incidents.models import LegalText
from incidents.services import papers


def register() -> None:
    """Say our event; called when the app is ready."""
    timeline.tell(kinds.TEXT_KEPT.name, _("%(who)s a complété un texte : %(paper)s."), _words)


def _words(data: timeline.Values, _names: object) -> dict[str, object]:
    paper = papers.papers_of().get(data["paper"])
    return {**data, "paper": title_of(paper) if paper else data["paper"]}


def title_of(paper: Paper) -> str:
    """Return the title of a text in the language of the screen; the text itself is French."""
    english = (get_language() or "fr").startswith("en")
    return paper.title_en if english else paper.title_fr


@require_http_methods(["GET", "HEAD", "POST"])
@for_desk
def paper(request: HttpRequest, person: Person, case: UUID, paper: str) -> HttpResponse:
    """Show one text, to be completed; posted: keep it, or take it away as a file or to print."""
    found = queries.get(person, case)
    known = papers.papers_of().get(paper)
    if known is None or found.erased_at is not None:
        raise NotFound
    at = now()
    kept = (
        LegalText.objects.filter(incident=found, paper=paper).select_related("written_by").first()
    )
    context: dict[str, object] = {
        "principal": person,
        "case": found,
        "paper": known,
        "title": title_of(known),
        "warning": reference.current().paper_file.warning_fr,
        "kept": kept,
        "text": kept.text if kept else papers.filled(found, known, now=at),
        "returned": Returned(),
    }
    if request.GET.get("depart") == "dossier":  # what was kept stays until it is kept again
        context["text"] = papers.filled(found, known, now=at)
    if request.GET.get("forme") == "texte":
        return _file(f"{found.reference}-{paper}.txt", f"{context['warning']}\n\n{context['text']}")
    if request.GET.get("forme") == "papier":
        return render(request, "console/paper_print.html", context)
    if request.method == "POST":
        try:
            papers.keep(
                incident=case, version=version_of(request), by=person, paper=paper,
                text=request.POST.get("texte-text", ""), now=at,
            )  # fmt: skip
        except (Invalid, Conflict) as error:
            return _again(request, context, error)
        messages.success(request, gettext("C'est noté."))
        return redirect("console-paper", case=case, paper=paper)
    return render(request, "console/paper.html", context)


def _again(request: HttpRequest, context: dict[str, object], error: DeskError) -> HttpResponse:
    returned = Returned("texte", request.POST.dict(), getattr(error, "fields", {}))
    context |= {
        "returned": returned,
        "errors": pages.summary(returned),
        "refusal": errors.said(error),
        "conflict": isinstance(error, Conflict),
        "text": request.POST.get("texte-text", ""),
    }
    return render(request, "console/paper.html", context, status=error.status)


def _file(name: str, text: str) -> HttpResponse:
    response = HttpResponse(text.replace("\n", "\r\n"), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
