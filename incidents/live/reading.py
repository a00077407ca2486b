"""What the hub reads from the database: always beside the journal, as of one moment.

The hub serves everybody at once, so it reads cases whole and says of each who may see it, by the
rule of ``queries.visible_to``: the desk, or on a restricted case the people named.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK, Role
from csirt.journal import consistent_read, tailer
from csirt.journal.models import Event, Head
from incidents import kinds
from incidents.domain.lifecycle import TERMINAL
from incidents.live import protocol, rows
from incidents.live.replica import Named, Replica
from incidents.models import IS_LIVE, Incident, IncidentAccess

MOST_EVENTS = 2000  # a console further behind starts from a snapshot
ACCESS = frozenset({kinds.RESTRICTED.name, kinds.ACCESS_CHANGED.name, kinds.UNRESTRICTED.name})


@dataclass(frozen=True)
class CaseNow:
    """A case as it stands: ``row`` is its encoded row, ``null`` when it is not live."""

    id: UUID
    version: int
    row: str
    named: Named

    @property
    def live(self) -> bool:
        return self.row != "null"


@dataclass(frozen=True)
class Item:
    """One event of a case, written for those who may see it and for those who no longer may."""

    seq: int
    text: str
    named: Named
    leaving: str = ""
    losers: frozenset[str] | None = None  # uuids; None: everybody of the desk who is not named

    def to(self, person: Person) -> str:
        """Return what *person* gets: the item, its leaving, or an empty string."""
        if self.named is None or person.user_id in self.named:
            return self.text
        if self.leaving and (self.losers is None or str(person.uuid) in self.losers):
            return self.leaving
        return ""


@dataclass(frozen=True)
class Reading:
    """What was read with a batch. ``rights`` has those of *asked* who may still work cases."""

    items: list[Item]
    cases: list[CaseNow]
    asked: frozenset[int]
    rights: dict[int, Role]
    complete: bool  # the rows are of the batch's end: nothing was committed after it


def of_batch(batch: tailer.Batch, asked: frozenset[int]) -> Reading:
    """Read what a batch means for the people *asked*; in the tailer's own consistent read."""
    cases = cases_now({event.incident for event in batch.events if event.incident is not None})
    complete = len(batch.events) < tailer.BATCH or _head()[1] == batch.next
    items = items_of(batch.events, cases)
    return Reading(items, list(cases.values()), asked, rights_of(asked), complete)


def rights_of(people: Collection[int]) -> dict[int, Role]:
    """Return the roles of those of *people* who work cases now."""
    found = User.objects.filter(pk__in=people, is_active=True, role__in=DESK)
    return {pk: Role(role) for pk, role in found.values_list("pk", "role")}


def cases_now(primary_keys: Collection[int]) -> dict[int, CaseNow]:
    """Return the cases as they stand, with who may see them."""
    if not primary_keys:
        return {}
    found = rows.fetch(Incident.objects.filter(pk__in=primary_keys))
    named = _named(pk for pk, row in found.items() if row["restricted"])
    return {
        pk: CaseNow(
            id=UUID(row["id"]),
            version=row["version"],
            row="null" if row["state"] in TERMINAL else protocol.encoded(row),
            named=named[pk] if row["restricted"] else None,
        )
        for pk, row in found.items()
    }


def _named(cases: Iterable[int]) -> dict[int, frozenset[int]]:
    people: dict[int, set[int]] = defaultdict(set)
    wanted = list(cases)
    if wanted:
        access = IncidentAccess.objects.filter(incident__in=wanted)
        for case, user in access.values_list("incident", "user"):
            people[case].add(user)
    return {case: frozenset(people[case]) for case in wanted}


def items_of(events: Iterable[Event], cases: dict[int, CaseNow]) -> list[Item]:
    """Write each event about a case as an item."""
    items = []
    for event in events:
        case = cases.get(event.incident) if event.incident is not None else None
        if case is None:
            continue
        text = protocol.item(event.seq, event.kind, str(case.id), case.version, case.row)
        leaving, losers = "", None
        if case.named is not None and event.kind in ACCESS:
            leaving = protocol.item(event.seq, event.kind, str(case.id), event.version or 0, "null")
            if event.kind == kinds.ACCESS_CHANGED.name:
                losers = frozenset(event.data.get("removed", []))
        items.append(Item(event.seq, text, case.named, leaving, losers))
    return items


@dataclass(frozen=True)
class Replay:
    """What happened since a console's cursor, up to ``seq``."""

    epoch: UUID
    seq: int
    items: list[tuple[int, str]]


def replay(person: Person, hello: protocol.Hello) -> Replay | protocol.Why:
    """Return what *person* missed, or why a new snapshot is needed."""
    with consistent_read():
        epoch, head = _head()
        if epoch != hello.epoch or hello.after > head:
            return "epoch"
        if head - hello.after > MOST_EVENTS:
            return "behind"
        events = list(
            Event.objects.filter(seq__gt=hello.after, incident__isnull=False).order_by("seq")
        )
        cases = cases_now({event.incident for event in events if event.incident is not None})
    items = [(item.seq, item.to(person)) for item in items_of(events, cases)]
    return Replay(epoch, head, [(seq, text) for seq, text in items if text])


def load() -> Replica | None:
    """Return the live set of the whole desk; None when it is too large for digests."""
    with consistent_read():
        epoch, seq = _head()
        live = Incident.objects.filter(IS_LIVE)
        found = list(live.values_list("pk", "uuid", "version", "restricted")[: 2 * rows.LIMIT + 1])
        if len(found) > 2 * rows.LIMIT:
            return None
        named = _named(pk for pk, _, _, restricted in found if restricted)
    return Replica(
        epoch,
        seq,
        ((uuid, version, named[pk] if closed else None) for pk, uuid, version, closed in found),
    )


def _head() -> tuple[UUID, int]:
    return Head.objects.values_list("epoch", "seq").get(pk=1)
