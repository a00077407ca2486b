"""Places and bodies: departments, EPCI, communes, organisations, contacts, shared IT services."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "csirt.directory"
    label = "directory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from csirt.directory import again

        again.register()
