"""People, their roles and their second factor."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.management import call_command
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "csirt.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allauth.account.signals import authentication_step_completed

        from csirt.accounts import again, letters
        from csirt.accounts.sessions import proved_again

        again.register()
        authentication_step_completed.connect(proved_again, dispatch_uid="accounts.proved")
        letters.register()
        post_migrate.connect(make_cache_table, sender=self, dispatch_uid="accounts.cache")


def make_cache_table(using: str = "default", **_: Any) -> None:
    """Make the table of the embedded profile's cache, which no migration knows."""
    if "DatabaseCache" in settings.CACHES["default"]["BACKEND"]:
        call_command("createcachetable", database=using, verbosity=0)
