"""``manage.py tend``: the worker and the periodic loop; several may run."""

import os
import signal
import socket
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connections

from csirt.journal import nudge
from csirt.management import periodic
from csirt.management.startup import refuse_if_unsafe

log = structlog.get_logger()

PAUSE = 0.5  # seconds between two looks when nothing is left to do
LONGEST_PAUSE = 5.0


class Command(BaseCommand):
    """Read the journal, run the jobs, sweep; until SIGTERM."""

    help = "run the worker and the periodic loop"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due, then stop")

    def handle(self, *_: Any, **options: Any) -> None:
        refuse_if_unsafe()
        worker_id = f"{socket.gethostname()[:40]}-{os.getpid()}"
        if options["once"]:
            while periodic.turn(worker_id):
                pass
            return
        ended, wake = threading.Event(), threading.Event()

        def end(_signal: int, _frame: FrameType | None) -> None:
            ended.set()
            wake.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        nudge.listen(wake.set)
        pause = PAUSE
        while not ended.is_set():
            wake.clear()
            try:
                busy = periodic.turn(worker_id)
                pause = PAUSE
            except DatabaseError as error:
                connections.close_all()
                log.warning("tend.waits", error=type(error).__name__)
                busy, pause = False, min(pause * 2, LONGEST_PAUSE)
            except ExceptionGroup:  # each step has told its own
                busy = False
            except Exception as error:
                log.exception("tend.failed", error=type(error).__name__)
                busy = False
            if not busy:
                wake.wait(pause)
