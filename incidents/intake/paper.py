"""The confirmation as a PDF to keep: the words of the text copy, on a sheet that prints well.

Nothing is fetched while drawing. The library draws with Pango, a package of the system: where it is
missing the page offers the text and the printer, and ``docs/operating.md`` names the package.
"""

from datetime import datetime
from threading import BoundedSemaphore

from django.template.loader import render_to_string
from django.utils.translation import get_language

from csirt.web import limits, pdf
from csirt.web.pdf import can_draw
from incidents.intake.copy import Part

__all__ = ["can_draw", "drawn"]

AT_ONCE = 2  # drawn by one process; a second of a core each
PATIENCE = 3.0  # seconds to wait for a place
OF_ONE = 10  # an hour, of one report
_places = BoundedSemaphore(AT_ONCE)


def drawn(found: list[Part], reference: str, now: datetime) -> bytes | None:
    """Return the parts as a tagged PDF (PDF/UA-1), in the language of the screen.

    None when too many are being drawn, or were for this report: the text says the same.
    """
    if limits.take_token(f"pdf|{reference}", OF_ONE / 3600, OF_ONE, now):
        return None
    if not _places.acquire(timeout=PATIENCE):
        return None
    try:
        return _drawn(found, reference)
    finally:
        _places.release()


def _drawn(found: list[Part], reference: str) -> bytes:
    words = {"parts": found, "reference": reference, "language": get_language()}
    page = render_to_string("intake/paper.html", words)
    return pdf.drawn(page, render_to_string("intake/paper.css"))
