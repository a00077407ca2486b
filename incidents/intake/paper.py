"""The confirmation as a PDF to keep: the words of the text copy, on a sheet that prints well.

Nothing is fetched while drawing. The library draws with Pango, a package of the system: where it is
missing the page offers the text and the printer, and ``docs/operating.md`` names the package.
"""

import ctypes
from datetime import datetime
from functools import cache
from threading import BoundedSemaphore

from django.template.loader import render_to_string
from django.utils.translation import get_language

from csirt.web import limits
from incidents.intake.copy import Part

AT_ONCE = 2  # drawn by one process; a second of a core each
PATIENCE = 3.0  # seconds to wait for a place
OF_ONE = 10  # an hour, of one report
_places = BoundedSemaphore(AT_ONCE)

LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")


@cache
def can_draw() -> bool:
    """Tell whether this machine has what drawing needs."""
    try:
        for name in LIBRARIES:
            ctypes.CDLL(name)
    except OSError:
        return False
    return True


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
    import weasyprint  # heavy, and only whoever asks for a PDF needs it
    from weasyprint.urls import URLFetcher

    words = {"parts": found, "reference": reference, "language": get_language()}
    nothing = URLFetcher(allowed_protocols=())
    page = weasyprint.HTML(string=render_to_string("intake/paper.html", words), url_fetcher=nothing)
    style = weasyprint.CSS(string=render_to_string("intake/paper.css"), url_fetcher=nothing)
    pdf: bytes = page.write_pdf(stylesheets=[style], pdf_variant="pdf/ua-1")
    return pdf
