"""``manage.py load_places``: departments, EPCI, communes and town halls of the region."""

from typing import Any

from django.core.management.base import BaseCommand

from csirt.directory.loading import load_places


class Command(BaseCommand):
    """Load or refresh the places; may be run again at any time."""

    help = "load the departments, EPCI, communes and town halls"

    def handle(self, *_: Any, **__: Any) -> None:
        for name, count in load_places().items():
            self.stdout.write(f"{count} {name}")
