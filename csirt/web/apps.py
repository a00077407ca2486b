"""What all pages share."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "csirt.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from csirt.accounts import navigation as team
        from csirt.directory import navigation as directory
        from csirt.web import keys, panels

        slot = "console.more"
        panels.register(slot, "annuaire", "Annuaire", directory.navigation, order=40)
        panels.register(slot, "reglages", "Réglages", directory.settings, order=55)
        panels.register(slot, "equipe", "L'équipe", team.navigation, order=60)
        keys.declare(keys.EVERYWHERE)
