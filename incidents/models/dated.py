"""What happened at the victim's at a moment in the past, as an analyst tells it."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.incident import Incident


class Precision(models.TextChoices):
    """How finely a moment is known."""

    SECOND = "second", _("à la seconde")
    MINUTE = "minute", _("à la minute")
    DAY = "day", _("au jour")


class DatedEvent(models.Model):
    """A moment told by a log or by somebody, in the clocks it was told in.

    ``at`` begins it: the first instant of that second, minute or day of ``zone`` (an IANA name, or
    ``UTC+02:00``). One that was removed is shown nowhere, and may be put back.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="dated_events")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    precision = models.CharField(max_length=8, choices=Precision.choices)
    approximate = models.BooleanField(default=False)
    zone = models.CharField(max_length=40)
    text = models.TextField()
    written_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["incident", "at", "id"], name="incidents_dated")]

    def __str__(self) -> str:
        return f"event of {self.at:%Y-%m-%d}"
