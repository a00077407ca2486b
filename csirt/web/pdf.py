"""Pages as PDF: drawn from our own HTML and CSS, and nothing is ever fetched while drawing.

The library draws with Pango, a package of the system: where it is missing, pages offer something
else, and ``docs/operating.md`` names the package.
"""

import ctypes
from functools import cache

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


def drawn(html: str, css: str) -> bytes:
    """Return the page as a tagged PDF (PDF/UA-1). An address in it is refused, whatever it is."""
    import weasyprint  # heavy, and only whoever asks for a PDF needs it
    from weasyprint.urls import URLFetcher

    nothing = URLFetcher(allowed_protocols=())
    page = weasyprint.HTML(string=html, url_fetcher=nothing)
    style = weasyprint.CSS(string=css, url_fetcher=nothing)
    pdf: bytes = page.write_pdf(stylesheets=[style], pdf_variant="pdf/ua-1")
    return pdf
