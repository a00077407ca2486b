"""What the desk puts beside a case: tags, shared by all, and who watches it."""

import uuid

from django.conf import settings
from django.db import models

from incidents.models.incident import Incident


class Tag(models.Model):
    """A word that the desk marks cases with; it stands as long as a case bears it.

    In lower case, without spaces, so that it can be asked for as it is written: ``tag:lockbit-3``.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=40, unique=True)
    cases: "models.ManyToManyField[Incident, Tagging]" = models.ManyToManyField(
        Incident, through="Tagging", related_name="tags"
    )

    def __str__(self) -> str:
        return self.name


class Tagging(models.Model):
    """A case bears a tag."""

    tag = models.ForeignKey(Tag, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "tag"], name="incidents_tagging_once")
        ]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.incident_id}"


class Watch(models.Model):
    """Somebody wants to know what changes in a case."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="watches")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "user"], name="incidents_watch_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.incident_id}"
