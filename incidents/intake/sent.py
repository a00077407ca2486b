"""After sending: a copy to keep, and the way on once the code is noted.

Both are posted with the form's token, which is what the page just sent holds: no address carries a
reference or a code, and nobody else knows the token.
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from csirt.kernel import codes
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import NotFound
from incidents.intake import confirmation, copy, device, paper, visits
from incidents.intake.fields import Problem
from incidents.services import drafts
from incidents.services.filing import Filed, filed_before
from incidents.services.following import access_by_code
from incidents.services.noting import note_code


@require_http_methods(["GET", "HEAD", "POST"])
def kept(request: HttpRequest) -> HttpResponse:
    """Give what the confirmation says as a PDF, or as a text file."""
    now, filed = read_clock(), _filed(request)
    if filed is None:
        return redirect("intake:followup")
    context = confirmation.context(filed, now, token=request.POST["envoi"])
    parts = copy.parts(context, address=request.build_absolute_uri(reverse("intake:followup")))
    reference = filed.incident.reference
    wanted = request.POST.get("forme") == "pdf" and paper.can_draw()
    if wanted and (pdf := paper.drawn(parts, reference, now)):
        return _file(pdf, f"{reference}.pdf", "application/pdf")
    words = copy.text(parts)
    if wanted:
        busy = gettext("Le PDF n'est pas prêt : trop de demandes. Voici les mêmes mots.")
        words = f"{busy}\r\n\r\n{words}"
    return _file(words.encode(), f"{reference}.txt", "text/plain; charset=utf-8")


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
def noted(request: HttpRequest) -> HttpResponse:
    """Open the follow-up page once the person says that the code is noted; else ask again."""
    now, filed = read_clock(), _filed(request)
    if filed is None or filed.code is None:
        return redirect("intake:followup")
    if request.POST.get("note") != "oui":
        return _again(request, filed, now)
    try:
        access = access_by_code(filed.code)
    except NotFound:  # issued again in the same moment
        return redirect("intake:followup")
    visits.begin(request, access, now)
    note_code(incident=filed.incident.pk, now=now)
    return redirect("intake:followup")


def page(
    request: HttpRequest, filed: Filed, now: datetime, *, token: str, changed: bool = False
) -> HttpResponse:
    """Draw the confirmation. The device forgets its draft: it is sent. It keeps another one."""
    context = {**confirmation.context(filed, now, token=token), "changed": changed}
    response = render(request, "intake/confirmation.html", context, status=409 if changed else 200)
    other = drafts.find(device.secret_of(request), now)
    if other is None or other.token == token:
        device.forget(response)
    return response


def _again(request: HttpRequest, filed: Filed, now: datetime) -> HttpResponse:
    problem = gettext("Notez votre code, puis cochez la case.")
    context = {
        **confirmation.context(filed, now, token=request.POST["envoi"]),
        "problem": problem,
        "errors": [Problem("note", problem)],
    }
    return render(request, "intake/confirmation.html", context)


def _filed(request: HttpRequest) -> Filed | None:
    """Return what was filed with the posted token, None when nothing was."""
    token = request.POST.get("envoi", "")
    if request.method != "POST" or not codes.is_token(token):
        return None
    return filed_before(token=token, now=read_clock())
