"""``manage.py demo``: a believable desk on this machine, in the foreground."""

import fcntl
import os
import shutil
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections, transaction

from csirt.management import filling
from csirt.management.commands.serve import origins, supervise, web_command

HOST = "127.0.0.1"


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Hold the folder of *what*: a second one would write, or start afresh, under the first."""
    settings.VAR.mkdir(parents=True, exist_ok=True)
    with (settings.VAR / "running").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            known = filling.known_access()
            where = f" on {known['url']}" if known else ""
            raise CommandError(
                f"The {what} is running already{where}. End it there first (Ctrl+C)."
            ) from error
        yield


def is_taken(port: int) -> bool:
    """Tell whether something listens there. Raises ``CommandError`` for what is no port."""
    if not 0 < port < 65_536:
        raise CommandError(f"{port} is no port. Choose another, for instance PORT=8001")
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def forget_everything(*more: str) -> None:
    """Empty the database and the folder of this desk, *more* files and folders included."""
    connections.close_all()
    if connection.vendor == "sqlite":
        for path in settings.VAR.glob("desk.sqlite3*"):
            path.unlink()
    else:  # the journal's guards refuse TRUNCATE, and with it Django's flush
        with transaction.atomic(), connection.cursor() as cursor:  # all, or the mark stays too
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)} CASCADE")
    for name in ("access.json", "checkpoints.jsonl", "evidence", *more):
        path = settings.VAR / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


class Command(BaseCommand):
    """Set the demonstration up, once, and serve it."""

    help = "fill a demonstration desk and serve it on this machine"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--reset", action="store_true", help="start afresh")
        parser.add_argument("--prepare", action="store_true", help="fill the desk, do not serve")

    def handle(self, *_: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("CSIRT_MODE is not demo: a real desk is never filled.")
        port = options["port"]
        if is_taken(port):
            self._tell_taken(port, reset=options["reset"])
            return
        with alone("demonstration"):
            if options["reset"]:
                forget_everything()
            call_command("migrate", verbosity=0, interactive=False)
            access = filling.fill(url=f"http://{HOST}:{port}", say=self.stdout.write)
            self._print(access)
            connections.close_all()
            if options["prepare"]:
                return
            supervise(
                {"web": web_command(HOST, port), "tend": [sys.executable, sys.argv[0], "tend"]},
                **origins(port),
            )

    def _tell_taken(self, port: int, *, reset: bool) -> None:
        known = filling.known_access()
        if known and known["url"].endswith(f":{port}"):
            if reset:
                raise CommandError("It seems to be running. End it (Ctrl+C), then start afresh.")
            self.stdout.write("The demonstration seems to be running already:")
            self._print(known)
            return
        raise CommandError(f"Port {port} is in use. Choose another: make demo PORT=8001")

    def _print(self, access: dict[str, Any]) -> None:
        url = access["url"]
        lines = [
            "",
            f"  Report an attack     {url}/",
            f"  Follow a report      {url}/suivi/",
            f"  Analysts' console    {url}/console/",
            f"  REST API             {url}/api/v1/schema/",
            f"  TAXII 2.1            {url}/taxii2/",
            "",
            "  Who may log in (a demonstration: the second factor is optional on this machine)",
            *(f"    {p['email']:32} {p['password']}   {p['role']}" for p in access["analysts"]),
            "",
            "  Partners (TAXII: Basic with name and token, or Bearer with the token)",
            *(f"    {p['name']:32} {p['token']}" for p in access["partners"]),
            "",
            "  A victim's way back",
            *(
                f"    {v['reference']:32} {v['code']}"
                for v in (*access["victims"][:2], access["victims"][-1])
            ),
            "",
            f"  All of it: {os.path.relpath(filling.access_path())}",
            "  Ctrl+C ends it; nothing is lost. make demo RESET=1 starts afresh.",
            "",
        ]
        self.stdout.write("\n".join(lines))
