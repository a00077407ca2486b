"""A turn at writing: a file lock that the kernel hands on, and that one does not wait for for ever.

``flock`` knows no timeout. So whoever finds the lock taken leaves a thread in the kernel's queue and
waits for it; a thread that is given the lock when nobody waits any more gives it up at once.
"""

import fcntl
import os
import threading
from pathlib import Path


def take(path: Path, patience: float) -> int | None:
    """Return a descriptor that holds the lock on *path*; None when it took over *patience* seconds.

    Closing the descriptor, or ending the process, gives the lock up.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _Place(descriptor).wait(patience)
    return descriptor


class _Place:
    """A place in the queue; whoever waits may leave it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._held = threading.Event()
        self._left = False
        threading.Thread(target=self._queue, name="sqlite-turn", daemon=True).start()

    def wait(self, patience: float) -> int | None:
        self._held.wait(patience)
        with self._lock:
            self._left = not self._held.is_set()
        return None if self._left else self._descriptor

    def _queue(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        with self._lock:
            if self._left:
                os.close(self._descriptor)
            else:
                self._held.set()
