"""``retention.yaml``: how long each kind of record is kept. Proposals: who runs the desk decides."""

from dataclasses import dataclass
from typing import Literal

from csirt.reference.durations import Duration
from csirt.reference.ids import Id, KindId
from csirt.reference.reading import Text

Record = Literal["case", "files", "mails", "pulls", "attempts"]
Ended = Literal["closed", "redirected", "duplicate", "rejected"]


@dataclass(frozen=True)
class RetentionRule:
    """What is erased, how long after its last activity. Of cases the first rule that fits holds.

    ``states`` and ``victims`` narrow a rule of cases or files; empty: all that have ended.
    """

    id: Id
    record: Record
    after: Duration
    what_fr: Text
    what_en: Text
    confidence: Text
    states: tuple[Ended, ...] = ()
    victims: tuple[KindId, ...] = ()


@dataclass(frozen=True)
class RetentionFile:
    """The whole file."""

    version: Text = "0"
    note_fr: Text = "-"
    rules: tuple[RetentionRule, ...] = ()
    special_fr: tuple[Text, ...] = ()
