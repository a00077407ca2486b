"""Jobs of sharing, run by the worker. Each may be run again after a crash.

A request that orders a job imports this module; what builds STIX is imported by the job alone.
"""

import time
from uuid import UUID

from django_tasks import task

SLICE_PAUSE = 0.5  # seconds: a slice of 500 takes as many milliseconds of the collection's clock
GIVE_UP_AFTER = 60.0  # seconds without progress: the database's clock was set back


@task()
def build_preview(preview: str) -> None:
    """Make the text of a preview."""
    from api.sharing import making

    making.make(UUID(preview))


@task()
def publish_rest(release: str, seq: int) -> None:
    """Publish what did not fit in the first slice of a large release."""
    from api.sharing import publisher

    moved = time.monotonic()
    while True:
        added, done = publisher.publish_slice(release=UUID(release), seq=seq)
        if done:
            return
        if added:
            moved = time.monotonic()
        elif time.monotonic() - moved > GIVE_UP_AFTER:
            publisher.give_up(release=UUID(release))
            return
        time.sleep(SLICE_PAUSE)


@task()
def check_received(post: str) -> None:
    """Look at each object of what a partner posted, and end its status."""
    from api.sharing import checking

    checking.check_received(UUID(post))
