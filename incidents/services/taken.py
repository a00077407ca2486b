"""What other apps know was done on a case, for the texts and the pack that go to the authorities."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from incidents.models import Incident


@dataclass(frozen=True)
class Taken:
    """One step that was taken, in French, fit for the eyes of the victim and of the police."""

    at: datetime
    text: str


Known = Callable[[Incident], Iterable[Taken]]
_known: list[Known] = []


def tell(known: Known) -> None:
    """Add what *known* returns to what was done; called in ``AppConfig.ready``."""
    _known.append(known)


def taken(case: Incident) -> list[Taken]:
    """Return all that was done on a case already seen, in order."""
    return sorted((one for known in _known for one in known(case)), key=lambda one: one.at)
