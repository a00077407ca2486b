"""``@change`` and ``record()``: the one door through which anything is written.

The outermost ``@change`` opens the transaction and inner ones join it. ``record()`` only queues; at
the end the outermost locks the head once, numbers, hashes and inserts all queued events, and
commits. Locking the head last, and once, is what keeps services that call services from
deadlocking. Lock order: consumer cursor, incidents by primary key, collections, head.
"""

import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from django.db import OperationalError, models, transaction

from csirt.journal import nudge
from csirt.journal.kinds import Kind
from csirt.kernel import chain
from csirt.kernel.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

_TRIES = 4
_RETRIED = {"40P01", "40001"}  # deadlock detected, serialization failure


class Actor(Protocol):
    """Whoever acts: a principal, a user, the system."""

    @property
    def actor(self) -> str: ...


@dataclass
class _Queued:
    kind: Kind
    obj: models.Model
    actor: str
    at: datetime
    data: dict[str, Any]
    audience: str


@dataclass
class _Pending:
    events: list[_Queued] = field(default_factory=list)


_pending: ContextVar[_Pending | None] = ContextVar("journal_pending", default=None)
_withdrawals: dict[str, list[Callable[[models.Model, datetime], None]]] = {}


def withdraws(*kinds: Kind) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run the decorated ``handler(obj, at)`` inside any change that records one of *kinds*.

    Once for each object. For what must not wait for a consumer: what was shared disappears in the
    change that raises the TLP. The handler runs before the head is locked and may record.
    """

    def register(handler: Callable[..., None]) -> Callable[..., None]:
        for kind in kinds:
            _withdrawals.setdefault(kind.name, []).append(handler)
        return handler

    return register


def change(service: Callable[P, T]) -> Callable[P, T]:
    """Make *service* one durable transaction whose events are journalled with it.

    Raises whatever the service raises, with nothing written. PostgreSQL deadlocks and
    serialisation failures are tried again three times.
    """

    @wraps(service)
    def door(*args: P.args, **kwargs: P.kwargs) -> T:
        outer = _pending.get()
        if outer is not None:
            mark = len(outer.events)
            try:
                with transaction.atomic():
                    return service(*args, **kwargs)
            except BaseException:
                del outer.events[mark:]  # an inner failure takes its events with it
                raise
        for tried in range(1, _TRIES + 1):
            pending = _Pending()
            token = _pending.set(pending)
            try:
                with transaction.atomic(durable=True):
                    answer = service(*args, **kwargs)
                    _write(pending)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) not in _RETRIED or tried == _TRIES:
                    raise
                time.sleep(random.uniform(0.01, 0.05) * tried)  # noqa: S311 - jitter
            else:
                return answer
            finally:
                _pending.reset(token)
        raise Unavailable  # not reached: the last try raises

    return door


def record(
    kind: Kind,
    obj: models.Model,
    *,
    by: Actor,
    at: datetime,
    data: dict[str, Any] | None = None,
    audience: str = "",
) -> None:
    """Queue one event about *obj*; it is written when the outermost change ends.

    ``obj.incident_id`` (an incident answers its own primary key), ``obj.uuid`` and ``obj.version``
    are taken as they are at that end. Raises ``RuntimeError`` outside ``@change`` and
    ``ValueError`` when *data* is not what *kind* declares.
    """
    pending = _pending.get()
    if pending is None:
        raise RuntimeError(f"record({kind.name}) outside @change")
    kind.check(data or {})
    pending.events.append(_Queued(kind, obj, by.actor, at, data or {}, audience or kind.audience))


def _write(pending: _Pending) -> None:
    done, own, ran = 0, len(pending.events), set()
    while done < len(pending.events):  # a withdrawal may record more
        queued = pending.events[done]
        done += 1
        for handler in _withdrawals.get(queued.kind.name, []):
            once = (handler, queued.obj._meta.label, queued.obj.pk)
            if done > own or once not in ran:  # what a withdrawal changed is looked at again
                ran.add(once)
                handler(queued.obj, queued.at)
    if not pending.events:
        return
    from csirt.journal.models import Event, Head  # models are not loaded yet at import

    head = Head.objects.select_for_update().get(pk=1)
    seq, last = head.seq, bytes(head.hash)
    events = []
    for queued in pending.events:
        seq += 1
        obj = queued.obj
        event = Event(
            seq=seq,
            epoch=head.epoch,
            at=queued.at,
            kind=queued.kind.name,
            schema=queued.kind.schema,
            actor=queued.actor,
            incident=getattr(obj, "incident_id", None),
            object_type=obj._meta.label_lower,
            object_id=str(getattr(obj, "uuid", None) or obj.pk),
            version=getattr(obj, "version", None),
            audience=queued.audience,
            data=queued.data,
            prev=last,
        )
        event.hash = last = chain.link(head.epoch, seq, last, event.payload())
        events.append(event)
    Event.objects.bulk_create(events, batch_size=500)
    Head.objects.filter(pk=1).update(seq=seq, hash=last)
    transaction.on_commit(nudge.send, robust=True)
