"""Observables in the free text of a report: what an attacker left, ready to be looked up.

``extract(text, own)`` reads messy French, defanged or not, and leaves out what is the victim's
own. It is plain Python, uses no network, never raises, and is linear in its input.

Bounds, so that a hostile text costs what a long one costs: at most ``MAX_FINDS`` different values
come out, the first of the text; each search looks at ``MAX_TRIES`` candidates
(``MAX_PROOFS`` where each costs a checksum); a URL is read up to ``MAX_URL`` characters.
"""

from .network import MAX_URL
from .own import OwnValues
from .page import MAX_FINDS, MAX_PROOFS, MAX_TRIES
from .scan import extract
from .types import Found, ObservableType, shown

__all__ = [
    "MAX_FINDS",
    "MAX_PROOFS",
    "MAX_TRIES",
    "MAX_URL",
    "Found",
    "ObservableType",
    "OwnValues",
    "extract",
    "shown",
]
