"""``manage.py verify FILE --identity PATH``: is this backup whole? No database is needed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from csirt.management.backups import reading
from csirt.management.backups.archive import Unreadable
from csirt.management.backups.finding import add_arguments, identities_of, opened


class Command(BaseCommand):
    """Read a backup to its end."""

    help = "compare what a backup holds with its manifest, and its journal with its chain"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        identities = identities_of(options["identity"])
        try:
            with opened(options["file"]) as sealed:
                seen = reading.verify(sealed, identities)
        except Unreadable as error:
            raise CommandError(f"This backup cannot be used: {error}.") from error
        tables, files = seen.manifest["tables"], seen.manifest["files"]
        rows = sum(table["rows"] for table in tables.values())
        self.stdout.write(
            f"{seen.about['made_at']}, release {seen.about['release']}: {len(tables)} tables with "
            f"{rows} rows and {len(files)} files are as they were written; "
            f"{seen.about['head']['seq']} events verified"
        )
