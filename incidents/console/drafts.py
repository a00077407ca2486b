"""One's drafts on a case: saved while typing by a script, by a button without it; seen by nobody else."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from csirt.accounts.access import wants_json
from csirt.accounts.principals import Person
from csirt.kernel.clock import now, stamp
from csirt.kernel.errors import Invalid
from csirt.web.errors import said
from incidents import queries
from incidents.console.access import for_readers
from incidents.services import text_drafts


@require_POST
@for_readers
def draft(request: HttpRequest, person: Person, case: UUID, field: str) -> HttpResponse:
    """Keep what a field holds, or forget it: when it is empty, or « jeter » was pressed."""
    queries.get(person, case)
    text = "" if request.POST.get("jeter") else request.POST.get(name_of(request, field), "")
    try:
        row = text_drafts.keep(incident=case, by=person, field=field[:64], text=text, now=now())
    except Invalid as error:
        if wants_json(request):
            return JsonResponse({"code": error.code, "detail": said(error)}, status=error.status)
        messages.error(request, said(error))
        return redirect("console-case", case=case)
    if wants_json(request):
        return JsonResponse({"saved": stamp(row.saved_at) if row else None})
    words = gettext("Votre brouillon est gardé.") if row else gettext("Il n'y a plus de brouillon.")
    messages.success(request, words)
    return redirect("console-case", case=case)


def name_of(request: HttpRequest, field: str) -> str:
    """Return the name that the text bears: the script sends ``text``, a form its field's own."""
    if "text" in request.POST:
        return "text"
    return field if field in request.POST else "note-text"
