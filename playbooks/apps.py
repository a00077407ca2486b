"""Before, during, after."""

from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "playbooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from incidents.services import taken
        from playbooks import followup, queries, reactions
        from playbooks.console import lessons, panels
        from playbooks.kit import counsel
        from playbooks.kit import views as kit
        from playbooks.prevention import views as prevention
        from playbooks.services import again

        again.register()
        reactions.register()
        panels.register()
        lessons.register()
        followup.register()
        kit.register()
        counsel.register()
        prevention.register()
        taken.tell(queries.taken)
