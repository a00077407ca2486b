"""What STIX is made from: plain values, without a name, a place or a word of the victim's."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    """One observable that may leave; ``uuid`` is the observable's, ``seen_at`` RFC 3339 in ms."""

    uuid: str
    type: str
    value: str
    seen_at: str


@dataclass(frozen=True)
class Case:
    """What partners may learn of an incident besides its indicators."""

    reference: str
    category: str
    label: str  # the category's French label
    rsit: tuple[str, ...]
    confirmed: bool  # counted as an incident, not as a report of something seen
    closed: bool
    priority: str
    tlp: str
    pap: str
    victim_kind: str
    traits: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Desk:
    """Who speaks: the desk's own STIX identity."""

    identity: str  # UUID
    name: str
    contact: str


@dataclass(frozen=True)
class Kept:
    """An identifier as it was drawn, with the content and ``modified`` last released."""

    stix_id: str
    created: str
    content: str = ""
    modified: str = ""
