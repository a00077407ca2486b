"""A campaign: cases that the desk believes to be one story."""

from uuid import uuid4

from django.db import models


class Campaign(models.Model):
    """What the desk calls them and says of them. A case is in one campaign at most."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    version = models.BigIntegerField(default=1)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
