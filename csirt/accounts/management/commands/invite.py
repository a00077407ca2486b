"""Invite somebody from the terminal: how the first admin of a desk comes in."""

import json
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from csirt.accounts import invitations, services
from csirt.accounts.roles import Role
from csirt.journal.epoch import SYSTEM
from csirt.kernel.clock import real as now
from csirt.kernel.errors import Invalid


def _site() -> str:
    """Return where the desk is reached: the demonstration noted where it was started."""
    noted = settings.VAR / "access.json"
    if settings.DEMO and noted.is_file():
        return str(json.loads(noted.read_text(encoding="utf-8"))["url"])
    return next(iter(settings.ORIGINS), "")


class Command(BaseCommand):
    help = "Print a single-use link, good for 24 hours, that makes an account for EMAIL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", choices=Role.values, default=Role.ADMIN.value)
        parser.add_argument("--name", default="", help="as colleagues will read it")
        parser.add_argument("--url", default="", help="the site's address, for the link")

    def handle(self, *args, **options) -> None:
        base = options["url"] or _site()
        if not base:
            raise CommandError("The site's address is not known: set CSIRT_ORIGINS or give --url.")
        try:
            issued = services.invite(
                email=options["email"],
                role=options["role"],
                name=options["name"],
                by=SYSTEM,
                now=now(),
            )
        except Invalid as error:
            raise CommandError(str(error)) from error
        self.stdout.write(invitations.link(issued, base))
