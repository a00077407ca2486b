"""What ``tend`` does besides the journal's consumers: jobs, sweeps, checkpoints.

Each step computes what is due from state, so that a missed run loses nothing, and several workers
may run at once.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import close_old_connections
from django_tasks.base import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from csirt.accounts.models import Session
from csirt.journal import checkpoints, consumers, ledger
from csirt.kernel.clock import now, real, speed
from csirt.kernel.errors import Unavailable
from csirt.web import limits
from csirt.web.errors import as_desk_error
from incidents import upkeep
from incidents.notifications import follow_ups, incoming, sending
from incidents.notifications.incoming import keeping
from incidents.services import (
    clock_warnings,
    clocks,
    custody,
    drafts,
    erasing,
    notices,
    retention,
    telling,
    text_drafts,
    untaken,
)
from incidents.services.transitions import resume_due
from playbooks.exercises import player
from playbooks.services import kits

log = structlog.get_logger()

STUCK_AFTER = timedelta(minutes=5)  # a job that still runs then belonged to a worker that died
_last_run: dict[str, datetime] = {}


def run_jobs(worker_id: str) -> None:
    """Run the jobs that are ready, one after the other."""
    if not DBTaskResult.objects.ready().exists():
        return
    Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=20,
        worker_id=worker_id,
        excluded_queue_names=[],
    ).run()


def sweep_stuck_jobs(_at: datetime) -> None:
    """Give back the jobs of workers that were killed: every job may be run again."""
    stuck = DBTaskResult.objects.filter(
        status=TaskResultStatus.RUNNING, started_at__lt=real() - STUCK_AFTER
    )
    if count := stuck.update(status=TaskResultStatus.READY):
        log.warning("jobs.given_back", count=count)


def sweep_jobs(_at: datetime) -> None:
    """Forget finished jobs after a week."""
    DBTaskResult.objects.finished().filter(finished_at__lt=real() - timedelta(days=7)).delete()


def sweep_sessions(_at: datetime) -> None:
    """Delete the sessions that ended."""
    Session.objects.filter(expire_date__lt=real()).delete()


def erase_what_is_old(at: datetime) -> int:
    """Erase by age, once somebody has decided that (``CSIRT_RETENTION``)."""
    return retention.apply(now=at) if settings.RETENTION == "on" else 0


# How often each is due in the desk's time: an exercise that goes fast asks more often. Jobs and
# sessions end by the time of the world, as the libraries that keep them count.
STEPS: list[tuple[str, timedelta, Callable[[datetime], object]]] = [
    ("seen", timedelta(seconds=upkeep.SEEN_EVERY), upkeep.saw_worker),
    ("exercise", timedelta(0), lambda _at: player.turn()),
    ("notices", timedelta(seconds=1), sending.send_due),
    ("notices-apart", timedelta(hours=1), lambda at: notices.give_up_apart(at=at)),
    ("mailbox", timedelta(seconds=20), incoming.poll),
    ("mails", timedelta(seconds=20), keeping.keep_mails),
    ("resume", timedelta(seconds=20), lambda at: resume_due(now=at)),
    ("follow-ups", timedelta(minutes=1), follow_ups.send_due),
    ("checkpoint", timedelta(seconds=5), checkpoints.write_if_due),
    ("ledger", timedelta(seconds=2), ledger.write_due),
    ("stuck-jobs", timedelta(seconds=30), sweep_stuck_jobs),
    ("jobs", timedelta(hours=1), sweep_jobs),
    ("drafts", timedelta(minutes=5), lambda at: drafts.forget_expired(now=at)),
    ("text-drafts", timedelta(hours=1), lambda at: text_drafts.forget_old(now=at)),
    ("kit-reminders", timedelta(minutes=1), lambda at: kits.remind_due(now=at)),
    ("kits", timedelta(hours=1), lambda at: kits.forget_old(now=at)),
    ("untaken", timedelta(seconds=20), lambda at: untaken.escalate_due(now=at)),
    ("news", timedelta(hours=1), lambda at: telling.forget_old(now=at)),
    ("sessions", timedelta(hours=1), sweep_sessions),
    ("limits", timedelta(minutes=5), limits.forget_full),
    ("copies", timedelta(0), lambda at: custody.make_copies(now=at)),
    ("copies-over", timedelta(seconds=10), lambda at: custody.sweep_copies(now=at)),
    ("scans", timedelta(seconds=5), lambda at: custody.scan_waiting(now=at)),
    ("erasures", timedelta(minutes=1), lambda at: erasing.erase_due(now=at)),
    ("retention", timedelta(minutes=10), erase_what_is_old),
    ("clocks", timedelta(seconds=20), lambda at: clocks.catch_up(now=at)),
    ("clocks-near", timedelta(seconds=20), lambda at: clocks.bring_up(now=at)),
    ("clock-warnings", timedelta(seconds=10), lambda at: clock_warnings.warn_due(now=at)),
    ("orphans", timedelta(minutes=30), lambda at: custody.sweep_orphans(now=at)),
]


def turn(worker_id: str) -> bool:
    """Do what is due once; returns True when there may be more to do at once.

    A step that fails keeps none from its turn: it is logged, and raised with all that failed, as an
    ``ExceptionGroup``, once the others are done. A database that is away is raised at once.
    """
    close_old_connections()
    at = now()
    names = consumers.behind()
    random.shuffle(names)  # several workers do not queue behind the same cursor
    busy = False
    for name in names:
        busy = consumers.step(name, at=at) == consumers.BATCH or busy
    failed: list[Exception] = []
    ran = real()
    _attempt("run-jobs", lambda: run_jobs(worker_id), failed)
    for name, every, step in STEPS:
        due = every / speed()
        if ran - _last_run.get(name, ran - due) >= due:
            _last_run[name] = ran
            _attempt(name, partial(step, now()), failed)
    if failed:
        raise ExceptionGroup("steps of the worker", failed)
    return busy


def _attempt(name: str, act: Callable[[], object], failed: list[Exception]) -> None:
    try:
        act()
    except Exception as error:
        if isinstance(as_desk_error(error), Unavailable):
            raise
        log.exception("step.failed", step=name, error=type(error).__name__)
        failed.append(error)
