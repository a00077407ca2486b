"""The confirmation as a PDF to keep: the words of the text copy, on a sheet that prints well.

Nothing is fetched while drawing. The library draws with Pango, a package of the system: where it is
missing the page offers the text and the printer, and ``docs/operating.md`` names the package.
"""

import ctypes
from functools import cache

from django.template.loader import render_to_string
from django.utils.translation import get_language

from incidents.intake.copy import Part

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


def drawn(found: list[Part], reference: str) -> bytes:
    """Return the parts as a tagged PDF (PDF/UA-1), in the language of the screen."""
    import weasyprint  # heavy, and only whoever asks for a PDF needs it
    from weasyprint.urls import URLFetcher

    words = {"parts": found, "reference": reference, "language": get_language()}
    nothing = URLFetcher(allowed_protocols=())
    page = weasyprint.HTML(string=render_to_string("intake/paper.html", words), url_fetcher=nothing)
    style = weasyprint.CSS(string=render_to_string("intake/paper.css"), url_fetcher=nothing)
    pdf: bytes = page.write_pdf(stylesheets=[style], pdf_variant="pdf/ua-1")
    return pdf
