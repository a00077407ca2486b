"""The views of the queue that somebody keeps under a name of their own."""

from uuid import uuid4

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """A name for an address of the queue. Nobody else sees it."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="views")
    name = models.CharField(max_length=40)
    address = models.CharField(max_length=1000)  # a query string, as the queue writes its own
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="incidents_view_once")]

    def __str__(self) -> str:
        return self.name
