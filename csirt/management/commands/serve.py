"""``manage.py serve``: web and worker together, watched; for one machine."""

import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from datetime import datetime
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from csirt.accounts.second_factor import is_loopback
from csirt.kernel import clock
from csirt.management.startup import refuse_if_unsafe

log = structlog.get_logger()

GRACE = 15.0  # seconds for a child to end by itself
WORKERS_OWN = ("CSIRT_CHECKPOINT_KEY", "CSIRT_EVIDENCE_IDENTITY")  # no web process holds these keys


def web_command(host: str, port: int) -> list[str]:
    """Return how one web process is started.

    No ``--limit-concurrency``: it counts idle sockets and would answer a victim with 503.
    """
    command = [sys.executable, "-m", "uvicorn", "csirt.asgi:application"]
    command += ["--host", host, "--port", str(port), "--lifespan", "on", "--loop", "uvloop"]
    command += ["--timeout-graceful-shutdown", "10", "--ws-max-size", "65536"]
    command += ["--ws-per-message-deflate", "false", "--no-access-log", "--log-level", "warning"]
    command += [
        "--no-server-header",
        "--backlog",
        "512",
        "--h11-max-incomplete-event-size",
        "32768",
    ]
    return [*command, "--no-proxy-headers"]  # our own edge reads them, from the named peer only


class Command(BaseCommand):
    """Start both, start again what dies, end both on SIGTERM."""

    help = "serve the desk: web and worker together"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-tend", action="store_true", help="the worker runs elsewhere")

    def handle(self, *_: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if settings.LOCAL and not is_loopback(host):
            raise CommandError(f"CSIRT_MODE is {settings.MODE}: this machine only, not {host}.")
        refuse_if_unsafe()
        wanted = {"web": web_command(host, port)}
        if not options["no_tend"]:
            wanted["tend"] = [sys.executable, sys.argv[0], "tend"]
        local = settings.LOCAL and "CSIRT_ORIGINS" not in os.environ
        supervise(wanted, **(origins(port) if local else {}))


def origins(port: int) -> dict[str, str]:
    """Return the setting of a desk that no TLS stands before: this machine's own addresses."""
    return {"CSIRT_ORIGINS": f"http://127.0.0.1:{port},http://localhost:{port}"}


def supervise(wanted: dict[str, list[str]], **variables: str) -> datetime:
    """Keep each command of *wanted* running until SIGTERM, SIGINT or the end of the terminal.

    Returns when all ended, with the moment of the signal, by the world's time.
    """
    environment = {**os.environ, **variables, "DJANGO_SETTINGS_MODULE": "csirt.settings"}
    environment["CSIRT_MODE"] = settings.MODE
    ended: datetime | None = None

    def end(_signal: int, _frame: FrameType | None) -> None:
        nonlocal ended
        ended = ended or clock.real()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup asked for that
        signal.signal(signal.SIGHUP, end)
    running: dict[str, subprocess.Popen[bytes]] = {}
    pauses = dict.fromkeys(wanted, 0.2)
    due = dict.fromkeys(wanted, 0.0)
    born = dict.fromkeys(wanted, 0.0)
    while ended is None:
        at = time.monotonic()
        for name, command in wanted.items():
            child = running.get(name)
            if child is not None and child.poll() is not None:
                log.error("child.ended", name=name, status=child.returncode)
                pauses[name] = 0.2 if at - born[name] > 10 else min(pauses[name] * 2, 5.0)
                due[name] = at + pauses[name]
                del running[name]
            if name not in running and at >= due[name]:
                running[name] = subprocess.Popen(command, env=_given(name, environment))
                born[name] = at
        time.sleep(0.1)
    for child in running.values():
        child.terminate()
    until = time.monotonic() + GRACE
    for child in running.values():
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    return ended


def _given(name: str, environment: dict[str, str]) -> dict[str, str]:
    """Return what the child *name* may know of *environment*."""
    if name != "web":
        return environment
    return {k: v for k, v in environment.items() if k.removesuffix("_FILE") not in WORKERS_OWN}
