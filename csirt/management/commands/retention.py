"""``manage.py retention [--dry-run]``: what has been kept long enough, by the rules."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from csirt.kernel.clock import now
from incidents.services import retention


class Command(BaseCommand):
    """Tell what is due, and erase it unless told not to; the worker does so every ten minutes."""

    help = "erase what has been kept long enough; with --dry-run only say what that is"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="erase nothing")

    def handle(self, *_: Any, **options: Any) -> None:
        at = now()
        for due in retention.due(now=at):
            rest = " ..." if due.count > len(due.cases) > 0 else ""
            cases = f": {', '.join(due.cases)}{rest}" if due.cases else ""
            self.stdout.write(
                f"{due.rule.id} ({due.rule.record}, {due.rule.after}): {due.count}{cases}"
            )
        if options["dry_run"]:
            return
        total = 0
        while gone := retention.apply(now=at):
            total += gone
        self.stdout.write(f"{total} records erased")
