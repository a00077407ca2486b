"""Consumers read the journal once, in order, and turn events into rows in one transaction.

Slow work (SMTP, HTTP) is never done here: a consumer writes a task, the task does it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from csirt.journal.change import change
from csirt.journal.models import Consumer, Event, Head, Parked
from csirt.kernel.clock import now, speed

log = structlog.get_logger()

Handler = Callable[[Event], None]
BATCH = 200
PARK_AFTER = 5
LATE_AFTER = timedelta(seconds=60)


@dataclass(frozen=True)
class _Registered:
    handler: Handler
    kinds: frozenset[str] | None
    latest: bool

    def wanted(self, events: list[Event]) -> set[int]:
        """Return the seq of those of *events* that the handler is called with."""
        heard = [event for event in events if self.kinds is None or event.kind in self.kinds]
        if not self.latest:
            return {event.seq for event in heard}
        last = {event.incident or -event.seq: event.seq for event in heard}
        return set(last.values())


_consumers: dict[str, _Registered] = {}


def register(
    name: str, handler: Handler, kinds: Collection[str] | None = None, *, latest: bool = False
) -> None:
    """Have *handler* called once for each event (of *kinds*), in order, in a transaction.

    *latest*: of the events of one incident that are read together, only with the last one. For a
    handler that makes anew all that it keeps of an incident: a thousand messages cost it five calls.
    """
    _consumers[name] = _Registered(handler, None if kinds is None else frozenset(kinds), latest)


def names() -> list[str]:
    """Return the registered consumers."""
    return list(_consumers)


@change
def step(name: str, *, at: datetime, patient: bool = True) -> int:
    """Handle up to ``BATCH`` events for one consumer; return how many, 0 when there is nothing.

    Another process that has the cursor is left alone. An event that fails is tried again later
    (2, 4, 8, 16 seconds when *patient*) and parked after five failures.
    """
    consumer = _consumers[name]
    Consumer.objects.get_or_create(name=name)
    cursor = Consumer.objects.select_for_update(skip_locked=True).filter(name=name).first()
    if cursor is None or (patient and cursor.retry_at and cursor.retry_at > at):
        return 0
    events = list(Event.objects.filter(seq__gt=cursor.seq).order_by("seq")[:BATCH])
    wanted = consumer.wanted(events)
    handled = 0
    for event in events:
        if event.seq in wanted:
            try:
                with transaction.atomic():
                    consumer.handler(event)
            except Exception as error:  # noqa: BLE001 - whatever it is, the others must go on
                if not _failed(cursor, event, error, at):
                    break
        cursor.seq, cursor.failures, cursor.retry_at = event.seq, 0, None
        handled += 1
    if events:
        cursor.moved_at = at
        cursor.save()
    return handled


def _failed(cursor: Consumer, event: Event, error: Exception, at: datetime) -> bool:
    """Note the failure; return True when the event is parked and the consumer may go on."""
    cursor.failures += 1
    words = f"{type(error).__name__}: {error}"[:200]
    log.warning("consumer.failed", consumer=cursor.name, seq=event.seq, error=type(error).__name__)
    if cursor.failures < PARK_AFTER:
        cursor.retry_at = at + timedelta(seconds=2**cursor.failures)
        return False
    Parked.objects.get_or_create(
        consumer=cursor.name, seq=event.seq, defaults={"error": words, "at": at}
    )
    log.error("consumer.parked", consumer=cursor.name, seq=event.seq)
    return True


def drain() -> int:
    """Run all consumers until nothing moves; returns how many events they handled."""
    total = 0
    while waiting := behind():
        before = _positions()
        total += sum(step(name, at=now(), patient=False) for name in waiting)
        if _positions() == before:  # another process has the cursors
            break
    return total


def behind() -> list[str]:
    """Return the consumers that have something to read; no lock is taken to find out."""
    head = Head.objects.values_list("seq", flat=True).get(pk=1)
    positions = _positions()
    return [name for name in names() if positions.get(name, (0, 0))[0] < head]


def _positions() -> dict[str, tuple[int, int]]:
    rows = Consumer.objects.values_list("name", "seq", "failures")
    return {name: (seq, failures) for name, seq, failures in rows}


def is_late(at: datetime) -> bool:
    """Tell whether an event has waited for a consumer for more than a minute; one query.

    The journal has no gaps, so that the first event that a consumer has not read is the next one.
    """
    waiting = Event.objects.filter(seq=OuterRef("seq") + 1, at__lt=at - LATE_AFTER * speed())
    return Consumer.objects.filter(Exists(waiting), name__in=names()).exists()


def lag(at: datetime) -> dict[str, tuple[int, float]]:
    """Return, for each consumer that is behind, how many events and for how many seconds."""
    head = Head.objects.values_list("seq", flat=True).get(pk=1)
    behind = {}
    done = dict(Consumer.objects.values_list("name", "seq"))
    for name in names():
        seq = done.get(name, 0)
        if seq < head:
            oldest = Event.objects.filter(seq__gt=seq).order_by("seq").values_list("at", flat=True)
            behind[name] = (head - seq, max(0.0, (at - oldest[0]).total_seconds()))
    return behind
