"""Evidence in the console: the files of a case, the custody of one, and its way out.

A file leaves as an encrypted zip, by a link that one person may use once. Nothing is shown of it
but its name, size and hash.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from csirt.accounts.principals import Person, Principal
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Unavailable
from csirt.web import panels
from incidents import kinds, queries
from incidents.console import timeline
from incidents.console.access import for_readers
from incidents.evidence.opening import PASSWORD, Zipped
from incidents.models import Download, Evidence, Incident, Scan
from incidents.services import evidence as services

PREPARING = 20.0  # seconds that a link waits for its copy
PAUSE = 0.3
LONGEST_NAME = 100  # characters of a file in the zip
TONES = {Scan.CLEAN: "success", Scan.INFECTED: "danger"}
_SENTENCES = {
    kinds.EVIDENCE_RECEIVED.name: _("%(who)s a envoyé un fichier, SHA-256 %(short)s."),
    kinds.EVIDENCE_SCANNED.name: _("Antivirus, fichier %(short)s : %(result)s."),
    kinds.EVIDENCE_DOWNLOADED.name: _("%(who)s a téléchargé le fichier %(short)s."),
    kinds.EVIDENCE_DAMAGED.name: _("Le fichier %(short)s n'est plus celui qui a été reçu."),
    kinds.FILES_ERASED.name: _(
        "Les fichiers de la victime sont effacés : leur durée de conservation est passée."
    ),
}


def register() -> None:
    """Fill the slot and say our events; called when the app is ready."""
    panels.register("console.case", "fichiers", "Fichiers de la victime", panel, order=20)
    for kind, sentence in _SENTENCES.items():
        timeline.tell(kind, sentence, _words)


def _words(data: timeline.Values, _names: object) -> dict[str, object]:
    outcome = data.get("outcome")
    said = str(Scan(outcome).label) if outcome else ""
    found = data.get("found")
    result = f"{said} ({found})" if found else said
    return {**data, "short": str(data.get("sha256", ""))[:12], "result": result}


def panel(request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Draw the files of a case and of those merged into it."""
    if not isinstance(principal, Person):
        return ""
    files = [_shown(row) for row in queries.evidence(principal, case)]
    context = {"case": case, "files": files, "principal": principal}
    return render_to_string("console/evidence.html", context, request)


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def evidence(request: HttpRequest, person: Person, case: UUID, evidence: UUID) -> HttpResponse:
    """Show the custody of one file; posted: make a link to it."""
    row = queries.evidence_of(person, case, evidence)
    context: dict[str, object] = {"principal": person, "case": row.incident, "file": _shown(row)}
    if request.method == "POST":
        context["link"] = services.ask(incident=case, evidence=evidence, by=person, now=now())
    context["password"] = PASSWORD.decode()
    context["lines"] = timeline.lines(queries.custody(row))
    return render(request, "console/evidence_page.html", context)


@require_GET
@for_readers
def fetch(request: HttpRequest, person: Person, link: str) -> HttpResponse:  # noqa: ARG001
    """Send the zip that this link is for, once."""
    _wait(link, person)
    used = services.fetch(secret=link, by=person, now=now())
    row = used.evidence
    archive = Zipped(used.copy, services.key_of(link), name=safe_name(row), size=row.size)
    response = StreamingHttpResponse(_pieces(archive), content_type="application/octet-stream")
    name = f"{row.incident.reference}-{str(row.uuid)[:8]}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return cast("HttpResponse", response)  # the doors know no other kind


def _wait(secret: str, person: Person) -> Download:
    """Return the link once its copy is there; raises ``NotFound``, or why it is not ready."""
    until = time.monotonic() + PREPARING
    while True:
        link = services.look(secret=secret, by=person, now=now())
        if link.failed:
            raise Conflict("Le fichier gardé n'est plus celui qui a été reçu.", code="damaged")
        if link.copy:
            return link
        if time.monotonic() > until:
            raise Unavailable("Le fichier n'est pas encore prêt. Rechargez cette page.")
        time.sleep(PAUSE)


async def _pieces(archive: Zipped) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    try:
        while piece := await loop.run_in_executor(None, archive.piece):
            yield piece
    finally:
        loop.run_in_executor(None, archive.end)


def _shown(row: Evidence) -> dict[str, object]:
    return {"row": row, "scan": row.get_scan_display(), "tone": TONES.get(Scan(row.scan), "")}


def safe_name(row: Evidence) -> str:
    """Return how the file is called in its zip: no path, no mark, nothing that hides its ending."""
    name = re.sub(r"[^\w.\- ]", "_", row.name).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if len(name) > LONGEST_NAME:
        name = f"{(stem or ending)[: LONGEST_NAME - 12]}{dot}{ending[-10:]}"
    return f"{str(row.uuid)[:8]}-{name or 'fichier'}"
