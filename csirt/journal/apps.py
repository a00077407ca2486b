"""The journal's app: its triggers and its head row are made after each migrate."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class JournalConfig(AppConfig):
    name = "csirt.journal"
    label = "journal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from csirt.journal.triggers import prepare

        post_migrate.connect(prepare, sender=self, dispatch_uid="journal.prepare")
