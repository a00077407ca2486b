"""An app of its own: its tables are empty wherever nobody exercises."""

from django.apps import AppConfig
from django.conf import settings


class ExercisesConfig(AppConfig):
    name = "playbooks.exercises"
    label = "exercises"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from csirt.kernel import clock
        from playbooks.exercises import panels

        panels.register()
        if settings.EXERCISE:
            from playbooks.exercises.pacing import FILE

            clock.follow(FILE)
