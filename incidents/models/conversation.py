"""Words about a case: internal notes, and the conversation with the victim. Kept apart."""

import uuid

from django.conf import settings
from django.db import models

from incidents.models.incident import Incident


class Note(models.Model):
    """An analyst's words for colleagues; no victim and no partner ever sees one."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    written_at = models.DateTimeField()
    version = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return f"note of {self.written_at:%Y-%m-%d}"


AUTOMATIC = "auto"  # Message.via: written by the desk itself
BY_MAIL = "mail"  # Message.via: its sender is only what a mail says


class Message(models.Model):
    """One message between the victim and the desk.

    ``author`` is None for the victim, and for what the desk wrote by itself.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="messages")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    name = models.CharField(max_length=80, blank=True, default="", db_default="")
    via = models.CharField(max_length=8, blank=True, default="", db_default="")  # empty: a page
    idempotency = models.CharField(max_length=64, unique=True)
    text = models.TextField()
    written_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)  # by the other side

    def __str__(self) -> str:
        return f"message of {self.written_at:%Y-%m-%d}"

    @property
    def from_victim(self) -> bool:
        return self.author_id is None and self.via != AUTOMATIC
