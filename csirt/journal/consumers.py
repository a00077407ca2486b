"""Consumers read the journal once, in order, and turn events into rows in one transaction.

Slow work (SMTP, HTTP) is never done here: a consumer writes a task, the task does it.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from csirt.journal.change import change
from csirt.journal.models import Consumer, Event, Head, Parked
from csirt.kernel.clock import now

log = structlog.get_logger()

Handler = Callable[[Event], None]
BATCH = 200
PARK_AFTER = 5
LATE_AFTER = timedelta(seconds=60)

_consumers: dict[str, tuple[Handler, frozenset[str] | None]] = {}


def register(name: str, handler: Handler, kinds: Collection[str] | None = None) -> None:
    """Have *handler* called once for each event (of *kinds*), in order, in a transaction."""
    _consumers[name] = (handler, frozenset(kinds) if kinds is not None else None)


def names() -> list[str]:
    """Return the registered consumers."""
    return list(_consumers)


@change
def step(name: str, *, at: datetime, patient: bool = True) -> int:
    """Handle up to ``BATCH`` events for one consumer; return how many, 0 when there is nothing.

    Another process that has the cursor is left alone. An event that fails is tried again later
    (2, 4, 8, 16 seconds when *patient*) and parked after five failures.
    """
    handler, kinds = _consumers[name]
    Consumer.objects.get_or_create(name=name)
    cursor = Consumer.objects.select_for_update(skip_locked=True).filter(name=name).first()
    if cursor is None or (patient and cursor.retry_at and cursor.retry_at > at):
        return 0
    events = list(Event.objects.filter(seq__gt=cursor.seq).order_by("seq")[:BATCH])
    handled = 0
    for event in events:
        if kinds is None or event.kind in kinds:
            try:
                with transaction.atomic():
                    handler(event)
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
    idle = False
    while not idle:
        idle = True
        for name in names():
            before = _position(name)
            total += step(name, at=now(), patient=False)
            idle = idle and _position(name) == before
    return total


def _position(name: str) -> tuple[int, int]:
    row = Consumer.objects.filter(name=name).values_list("seq", "failures").first()
    return row or (0, 0)


def is_late(at: datetime) -> bool:
    """Tell whether an event has waited for a consumer for more than a minute; one query.

    The journal has no gaps, so that the first event that a consumer has not read is the next one.
    """
    waiting = Event.objects.filter(seq=OuterRef("seq") + 1, at__lt=at - LATE_AFTER)
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
