"""Forget a second factor from the terminal: the way back in for a desk with one admin."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from csirt.accounts import factors
from csirt.accounts.models import User
from csirt.journal.epoch import SYSTEM
from csirt.kernel.clock import real as now


class Command(BaseCommand):
    help = "Forget the second factor of EMAIL, who chooses another at the next log-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args, **options) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError("Nobody has an account with this address.")
        factors.reset(user=user.uuid, by=SYSTEM, now=now())
        self.stdout.write("The second factor is forgotten, and the sessions have ended.")
