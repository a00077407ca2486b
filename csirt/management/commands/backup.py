"""``manage.py backup``: the whole desk in one sealed file, while it works."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from csirt.kernel.clock import now
from csirt.management.backups import making


class Command(BaseCommand):
    """Make a backup, and delete those that are too old."""

    help = (
        "write the whole desk into one sealed file, in CSIRT_BACKUP_FOLDER or CSIRT_BACKUP_BUCKET"
    )

    def handle(self, *_: Any, **__: Any) -> None:
        if not settings.BACKUP_RECIPIENTS:
            raise CommandError(
                "CSIRT_BACKUP_RECIPIENT is not set. Make a pair with age-keygen, set its public key, "
                "and keep the identity elsewhere."
            )
        try:
            made = making.make(now=now())
        except OSError as error:
            raise CommandError(f"No backup was made: {error.strerror or error}.") from error
        self.stdout.write(f"{made.name}: {made.size} bytes")
        for name in making.forget_old(now=now()):
            self.stdout.write(f"{name}: deleted, older than {settings.BACKUP_DAYS} days")
        if made.missing:
            raise CommandError(
                f"{len(made.missing)} files of evidence are not in the store, the first is "
                f"{made.missing[0]}. The backup holds everything else."
            )
