"""``manage.py exercise``: an instance of its own that plays a scenario, in the foreground."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections

from csirt.accounts.models import User
from csirt.directory import reference
from csirt.journal.models import Event
from csirt.management import filling, filling_exercise
from csirt.management.commands.demo import HOST, alone, forget_everything, is_taken
from csirt.management.commands.serve import origins, supervise, web_command
from playbooks.exercises import conducting, pacing, queries
from playbooks.exercises.models import Play

DEFAULT = "ex-rancongiciel-interco"


class Command(BaseCommand):
    """Set an exercise up, once, and serve it."""

    help = "play an exercise on this machine, apart from any real desk"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("scenario", nargs="?", default="")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--speed", type=float, default=None, help="1: as fast as the world")
        parser.add_argument("--reset", action="store_true", help="start afresh")
        parser.add_argument("--prepare", action="store_true", help="set it up, do not serve")

    def handle(self, *_: Any, **options: Any) -> None:
        if not settings.EXERCISE:
            raise CommandError("CSIRT_MODE is not exercise: a real desk plays nothing.")
        port, wanted = options["port"], options["scenario"]
        known = reference.shipped().exercises
        if wanted and wanted not in known:
            raise CommandError(f"No scenario {wanted!r}. There are: {', '.join(sorted(known))}")
        speed = options["speed"]
        if speed is not None and not pacing.SLOWEST <= speed <= pacing.FASTEST:
            raise CommandError(f"SPEED goes from {pacing.SLOWEST} to {pacing.FASTEST:.0f}.")
        if is_taken(port):
            raise CommandError(f"Port {port} is in use. Choose another: make exercise PORT=8001")
        with alone("exercise"):
            ours = self._refuse_others()
            if options["reset"] and ours:
                forget_everything("mail", "clock.json")
            call_command("migrate", verbosity=0, interactive=False)
            play = Play.objects.first()
            if play and wanted and play.scenario != wanted:
                raise CommandError(
                    f"This exercise plays {play.scenario}. Start afresh: make exercise "
                    f"SCENARIO={wanted} RESET=1"
                )
            access = filling_exercise.fill(
                scenario=play.scenario if play else wanted or DEFAULT,
                speed=speed,
                url=f"http://{HOST}:{port}",
                say=self.stdout.write,
            )
            pacing.wind(queries.play())
            self._print(access)
            connections.close_all()
            if options["prepare"]:
                return
            ended = supervise(
                {"web": web_command(HOST, port), "tend": [sys.executable, sys.argv[0], "tend"]},
                **origins(port),
            )
            conducting.interrupt(real=ended)

    def _refuse_others(self) -> bool:
        """Raise for a database that no exercise made; return whether an exercise is there already.

        One that was found empty is ours while it holds nothing yet: the first filling may have been
        interrupted before its mark.
        """
        with connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
        at, note = connection.settings_dict, settings.VAR / filling_exercise.BEGUN
        name = f"{at['HOST']}:{at['PORT']}/{at['NAME']}"
        marked = Play._meta.db_table in tables and queries.is_here()
        begun = note.exists() and note.read_text(encoding="utf-8") == name and not _holds(tables)
        if tables and not marked and not begun:
            raise CommandError(
                "This database is no exercise's, and stays as it is. Give CSIRT_DATABASE_URL an "
                "empty one, or leave it out."
            )
        note.write_text(name, encoding="utf-8")
        return bool(tables)

    def _print(self, access: dict[str, Any]) -> None:
        url = access["url"]
        lines = [
            "",
            f"  EXERCISE: {access['scenario']}",
            "",
            f"  Conduct it           {url}/console/exercice/",
            f"  Analysts' console    {url}/console/",
            f"  The public form      {url}/",
            "",
            "  Who may log in (the second factor is optional on this machine)",
            *(f"    {p['email']:36} {p['password']}   {p['role']}" for p in access["analysts"]),
            "",
            f"  All of it: {os.path.relpath(filling.access_path())}",
            f"  Mail ends in {os.path.relpath(Path(settings.EMAIL_FILE_PATH))}, and nowhere else.",
            "  It begins when who conducts it says so. Ctrl+C ends the server; nothing is lost.",
            "  make exercise RESET=1 starts afresh.",
            "",
        ]
        self.stdout.write("\n".join(lines))


def _holds(tables: list[str]) -> bool:
    """Tell whether these tables hold an event or a user: a real desk may have taken the name over."""
    return any(m._meta.db_table in tables and m._default_manager.exists() for m in (Event, User))
