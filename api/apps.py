"""What machines talk to: REST, sharing, STIX, TAXII."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from api.sharing import again, panels, publisher, teller, withdrawal

        again.register()
        publisher.register()
        teller.register()
        withdrawal.register()
        panels.register()
