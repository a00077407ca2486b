"""What machines talk to: REST, sharing, STIX, TAXII."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from api.models import Pull
        from api.sharing import again, panels, publisher, teller, withdrawal
        from incidents.services import retention

        retention.keeps("pulls", lambda at: Pull.objects.filter(minute__lt=at))
        again.register()
        publisher.register()
        teller.register()
        withdrawal.register()
        panels.register()
