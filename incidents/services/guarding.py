"""What other apps ask of an edge of the case's life while it is followed.

``incidents`` does not know them: they register, and answer inside the change itself.
"""

from collections.abc import Callable
from datetime import datetime

from incidents.models import Incident

Guard = Callable[[Incident, datetime], None]
_guards: dict[str, list[Guard]] = {}


def guards(edge: str) -> Callable[[Guard], Guard]:
    """Ask the decorated ``guard(case, now)`` when *edge* is followed.

    It is called inside the change, before the case is stored, and refuses by raising a ``DeskError``.
    """

    def register(guard: Guard) -> Guard:
        _guards.setdefault(edge, []).append(guard)
        return guard

    return register


def ask(edge: str, case: Incident, now: datetime) -> None:
    """Let everybody who guards *edge* refuse it."""
    for guard in _guards.get(edge, []):
        guard(case, now)
