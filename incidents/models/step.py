"""The last act of somebody, on one case or on several, for the seconds in which it can be undone."""

from django.conf import settings
from django.db import models

from incidents.models.incident import Incident


class Step(models.Model):
    """What a case was before the act; replaced by the person's next act."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="+")
    act = models.CharField(max_length=16)
    version = models.BigIntegerField()  # that the act left
    before = models.JSONField()  # {column: value; a moment in ISO 8601}
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.act} of {self.incident_id}"
