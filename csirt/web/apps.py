"""What all pages share."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "csirt.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from csirt.directory.navigation import navigation
        from csirt.web import panels

        panels.register("console.navigation", "annuaire", "Annuaire", navigation, order=40)
