"""The ways to reach somebody: each a folder here, found by being here (see README.md).

A folder holds ``CHANNEL``, an object with the methods of ``Channel``. Copy a folder to add one.
"""

import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Protocol, runtime_checkable

from incidents.models import Report


@dataclass(frozen=True)
class Parcel:
    """What a channel carries: ``text`` is complete, plain, and holds no secret.

    ``name`` is the same at each try; ``answers`` is the Message-ID of the mail that this answers.
    """

    name: str
    address: str
    language: str
    subject: str
    text: str
    answers: str = ""


class Away(Exception):
    """The service does not answer: nothing is wrong with the parcel. The channel rests a while."""


class Refused(Exception):
    """The service says that nobody is at this address: it is not used again."""


@runtime_checkable
class Channel(Protocol):
    """One way to reach somebody."""

    def ready(self) -> bool:
        """Tell whether the channel is set up; nothing is planned for one that is not."""

    def address(self, report: Report) -> str:
        """Return where the reporter can be reached this way; empty when nowhere."""

    def send(self, parcel: Parcel) -> None:
        """Hand *parcel* to the service, within seconds.

        Raises ``Away`` or ``Refused``; anything else is a failed try of this parcel.
        """


@cache
def channels() -> dict[str, Channel]:
    """Return every channel, by the name of its folder."""
    found: dict[str, Channel] = {}
    for module in pkgutil.iter_modules(__path__):
        channel = import_module(f"{__name__}.{module.name}").CHANNEL
        if not isinstance(channel, Channel):
            raise TypeError(f"{module.name}: CHANNEL lacks a method of Channel")
        found[module.name] = channel
    return found


def ready() -> dict[str, Channel]:
    """Return the channels that are set up."""
    return {name: channel for name, channel in channels().items() if channel.ready()}
