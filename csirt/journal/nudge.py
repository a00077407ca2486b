"""The nudge: "something was committed", and no more. It may be lost; the journal is read anyway.

In one process the tailers are woken directly. Between processes it goes through Redis pub/sub, by a
thread of its own: a frozen Redis can never hold up a commit or an answer. The same bus carries
presence (who is looking at what), which is never truth either.
"""

import json
import threading
from collections.abc import Callable

import structlog
from django.conf import settings

log = structlog.get_logger()

CHANNEL = "desk:bus"
_listeners: set[Callable[[], None]] = set()
_wake = threading.Event()
_outbox: list[str] = []
_lock = threading.Lock()
_thread: threading.Thread | None = None


def listen(listener: Callable[[], None]) -> Callable[[], None]:
    """Call *listener* (from any thread) after each commit here; returns how to stop that."""
    _listeners.add(listener)
    return lambda: _listeners.discard(listener)


def send() -> None:
    """Wake this process's listeners now and the other processes soon. Never raises or blocks."""
    for listener in tuple(_listeners):
        listener()
    publish({"t": "nudge"})


def publish(message: dict[str, object]) -> None:
    """Put *message* on the bus between processes, when there is one; dropped while it is away."""
    if not settings.REDIS_URL:
        return
    with _lock:
        text = json.dumps(message)
        if text not in _outbox and len(_outbox) < 200:
            _outbox.append(text)
        _ensure_thread()
    _wake.set()


def _ensure_thread() -> None:
    global _thread  # noqa: PLW0603 - one sender a process, made when first needed
    if _thread is None or not _thread.is_alive():
        _thread = threading.Thread(target=_run, name="nudge", daemon=True)
        _thread.start()


def _run() -> None:
    import redis

    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
    )
    while True:
        _wake.wait()
        _wake.clear()
        with _lock:
            texts, _outbox[:] = _outbox[:], []
        for text in texts:
            try:
                client.publish(channel(), text)
            except redis.RedisError as error:
                log.info("nudge.lost", error=type(error).__name__)
                break  # the rest is as stale as this one


def channel() -> str:
    """The bus of this desk: two desks may share a Redis, never a database."""
    database = settings.DATABASES["default"]
    return f"{CHANNEL}:{database['HOST']}:{database['PORT']}:{database['NAME']}"
