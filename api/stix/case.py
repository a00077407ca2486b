"""What STIX is made from: plain values, without a name, a place or a word of the victim's."""

from dataclasses import dataclass

from api.stix.attack import Technique

LONGEST_NAME = 200  # of an indicator: the first characters of its value
NAMED_BY_VALUE = ("indicator", "vulnerability")
GATES = ("playbooks", "details")  # the options of a collection
REVOKED = "revoked:"  # prefix of the key of an identifier that is used up
# STIX 2.1 appendix A, scale "None / Low / Med / High": 1-29, 30-69, 70-100.
CONFIDENCES = (15, 50, 80)
CONFIDENCE = 80  # an analyst looked at the value and called it an indicator
# Days for which a value is worth blocking: addresses change hands, a hash does not.
VALID_DAYS = {
    "ipv4": 30,
    "ipv6": 30,
    "cidr": 30,
    "url": 90,
    "domain": 180,
    "onion": 180,
    "email": 180,
}


@dataclass(frozen=True)
class Value:
    """One observable that may leave; ``uuid`` is the observable's, ``seen_at`` RFC 3339 in ms."""

    uuid: str
    type: str
    value: str
    seen_at: str
    confidence: int  # 0 to 100
    days: int | None  # for which it is worth blocking; None: it stays what it is
    technique: str = ""  # id of one of the case's techniques, which it points to
    named: bool = False  # it may hold the victim's name: the victim agreed, and a lead says so


@dataclass(frozen=True)
class Course:
    """A playbook that was followed, as published here: no word of it is about the case."""

    id: str
    title: str
    description: str
    created: str
    modified: str
    cacao: str  # CACAO 2.0, base64


@dataclass(frozen=True)
class Task:
    """A step that was done, by the words of its playbook; ``at`` RFC 3339 in whole hours."""

    id: str
    title: str
    at: str


@dataclass(frozen=True)
class Details:
    """What the event, impact and task objects say; only for collections that want them."""

    since: str  # when it was first known, RFC 3339 in whole hours
    availability: int | None  # 0 to 100
    lost: str  # what kind of information, of information-type-ov; empty: none that is known of
    tasks: tuple[Task, ...] = ()


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
    techniques: tuple[Technique, ...] = ()
    note: str = ""  # the desk's words to partners
    courses: tuple[Course, ...] = ()  # for collections with playbooks
    details: Details | None = None  # for collections with details


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


def gate_of(key: str) -> str:
    """Return the option that a collection needs to hold the object of *key*, or nothing."""
    gate, slash, _rest = key.removeprefix(REVOKED).partition("/")
    return gate if slash and gate in GATES else ""


def used_up(key: str, stix_id: str) -> str:
    """Return the key of an identifier that is revoked: of the one it had, the gate stays."""
    gate = gate_of(key)
    return f"{REVOKED}{gate}/{stix_id}" if gate else f"{REVOKED}{stix_id}"
