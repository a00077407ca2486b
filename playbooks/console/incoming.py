"""A playbook that comes in as a file: ours, or CACAO 2.0."""

from collections.abc import Iterable

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid
from csirt.web.errors import said
from playbooks.console.refusals import explained
from playbooks.console.views import DESK_ONLY, listing, person_of
from playbooks.services import editing


@csrf_exempt
def import_file(request: HttpRequest) -> HttpResponse:
    """Draft the playbook of a file; what the loader refuses comes back with line and field.

    The site takes no file: this one is kept in memory, which must be said before anything reads the
    form, the CSRF check included. It is made right after.
    """
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    return _import_file(request)


@csrf_protect
@require_POST
@DESK_ONLY
def _import_file(request: HttpRequest) -> HttpResponse:
    sent = request.FILES.get("fichier")
    if sent is None:
        return _refused(request, gettext("Choisissez un fichier."))
    try:
        content = sent.read(editing.LARGEST_FILE + 1)
        row = editing.import_file(
            name=sent.name or "", content=content, by=person_of(request), now=now()
        )
    except Invalid as error:
        return _refused(request, said(error), getattr(error, "problems", ()))
    return redirect("playbook-edition", edition=row.uuid)


def _refused(request: HttpRequest, refusal: str, problems: Iterable[str] = ()) -> HttpResponse:
    errors = [{"name": "fichier", "text": refusal}]
    return listing(request, status=400, problems=explained(problems), errors=errors)
