"""Drawing a pack in the worker: from the case to a PDF that is sealed for its link alone."""

import hashlib

import pyrage
import structlog
from django.core.files.base import ContentFile
from django.template.loader import render_to_string
from django.utils import translation

from csirt.kernel.clock import now
from csirt.web import pdf
from incidents.evidence.store import COPIES, discard, new_name, store
from incidents.models import Incident, Pack
from incidents.packing import facts

log = structlog.get_logger()


def make(pack: int) -> None:
    """Draw what a link waits for; nothing when it was drawn, or when its case is erased."""
    link = Pack.objects.select_related("incident").filter(pk=pack, ready_at=None).first()
    if link is None or link.incident.erased_at is not None:
        return
    if not pdf.can_draw():
        log.error("pack.no_pango")
        Pack.objects.filter(pk=pack).update(failed=True)
        return
    drawn = draw(link.incident)
    sealed = pyrage.encrypt(drawn, [pyrage.x25519.Recipient.from_str(link.recipient)])
    name = store().save(new_name(COPIES), ContentFile(sealed))
    ready = {"copy": name, "size": len(drawn), "sha256": hashlib.sha256(drawn).hexdigest()}
    if not Pack.objects.filter(pk=pack, ready_at=None).update(ready_at=now(), **ready):
        discard(name)  # another worker was faster, or the case is gone


def draw(case: Incident) -> bytes:
    """Return the PDF of a case, in French."""
    with translation.override("fr"):
        page = render_to_string("packing/pack.html", facts.of(case, now()))
        return pdf.drawn(page, render_to_string("packing/pack.css"))
