"""The first gestures that a victim does after filing, ticked on the follow-up page."""

from collections.abc import Collection
from datetime import datetime
from zlib import crc32

from csirt.accounts.principals import Victim
from csirt.journal import change, record
from csirt.kernel.errors import Conflict
from csirt.reference.bundle import Bundle
from csirt.reference.playbooks import Playbook
from incidents import kinds, queries
from incidents.services.following import own_and_standing
from incidents.services.gestures import shown_now


@change
def tick_later(
    *, victim: Victim, bundle: Bundle, shown: str, ticked: Collection[str], now: datetime
) -> None:
    """Record which gestures are done by now; a gesture that stays ticked keeps its moment.

    *shown* is the ``mark`` of the gestures that stood on the page. Writes nothing when nothing
    changed; raises ``Conflict`` when other gestures are asked by now. No message is waiting for
    the desk because of it: the case stays where it is in the queue.
    """
    own, _standing = own_and_standing(victim)
    known = bundle.playbook_for(own.category) if own.category in bundle.categories else None
    if known is None or shown != mark(known):
        raise Conflict("Les gestes ont changé. Regardez-les, puis cochez encore.", code="changed")
    fresh = shown_now(bundle, own.category, ticked, now)
    before = queries.ticked(own, fresh.playbook, fresh.version)
    done = {number: before.get(number, moment) for number, moment in fresh.ticked.items()}
    if done == before:
        return
    data = {
        "playbook": fresh.playbook,
        "version": fresh.version,
        "reference": fresh.reference,
        "gestures": list(done),
        "moments": list(done.values()),
    }
    record(kinds.GESTURES_TICKED, own, by=victim, at=now, data=data)


def mark(playbook: Playbook) -> str:
    """Return what tells the gestures of a playbook in one version from all others, and each by its words."""
    return f"{playbook.id}/{playbook.version}/{'.'.join(_words(playbook))}"


def same_words(playbook: Playbook, shown: str, ticked: Collection[str]) -> list[int]:
    """Return the numbers of *ticked* gestures of another mark, *shown*, that ask the same in *playbook*."""
    before = shown.rpartition("/")[2].split(".")
    done = {word for number, word in enumerate(before, 1) if str(number) in ticked}
    return [number for number, word in enumerate(_words(playbook), 1) if word in done]


def _words(playbook: Playbook) -> list[str]:
    return [f"{crc32(text.encode()):08x}" for text in playbook.first_minutes_fr]
