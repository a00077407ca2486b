"""Pages as PDF: drawn from our own HTML and CSS, and nothing is ever fetched while drawing.

The library draws with Pango, a package of the system: where it is missing, pages offer something
else, and ``docs/operating.md`` names the package.
"""

import ctypes
import re
from functools import cache

from django.conf import settings

from csirt.web import exercised

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


# In an exercise the band of its pages stands at the top of each sheet.
_BAND = """@page { @top-center { content: "%s"; font: bold 9pt "Liberation Sans", "DejaVu Sans", sans-serif; } }"""


def drawn(html: str, css: str) -> bytes:
    """Return the page as a tagged PDF (PDF/UA-1). An address in it is refused, whatever it is."""
    import weasyprint  # heavy, and only whoever asks for a PDF needs it
    from weasyprint.urls import URLFetcher

    nothing = URLFetcher(allowed_protocols=())
    page = weasyprint.HTML(string=html, url_fetcher=nothing)
    if settings.EXERCISE:
        css += _BAND % re.sub(r'["\\]', "", exercised.words())
    style = weasyprint.CSS(string=css, url_fetcher=nothing)
    pdf: bytes = page.write_pdf(stylesheets=[style], pdf_variant="pdf/ua-1")
    return pdf
