"""``manage.py doctor``: what is wrong with this deployment, in sentences."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from csirt.management import checkups


class Command(BaseCommand):
    """Look at everything once; exit 1 when something is wrong."""

    help = "say in sentences what is wrong with this deployment; exits 1 when something is"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--except",
            action="append",
            default=[],
            dest="without",
            choices=[checkup.__name__ for checkup in checkups.CHECKUPS],
            help="what is so on purpose; may be given several times",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        checkups._facts.cache_clear()  # noqa: SLF001 - of this run
        found = 0
        for checkup in checkups.CHECKUPS:
            if checkup.__name__ in options["without"]:
                continue
            try:
                sentences = list(checkup())
            except DatabaseError as error:
                connection.close()
                sentences = [f"The database does not answer ({type(error).__name__})."]
            for sentence in sentences:
                self.stdout.write(f"{checkup.__name__}: {sentence}")
            found += len(sentences)
        if found:
            what = "One thing is" if found == 1 else f"{found} things are"
            self.stdout.write(f"{what} wrong. docs/operating.md says more.")
            raise SystemExit(1)
        self.stdout.write(f"Nothing is wrong. Mode {settings.MODE}, {connection.vendor}.")
