"""A report: what somebody told us. Immutable once filed."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.incident import Incident


class Channel(models.TextChoices):
    """How it reached the desk."""

    FORM = "form", _("formulaire")
    PHONE = "phone", _("téléphone")
    MAIL = "mail", _("courriel")
    API = "api", _("programme d'un partenaire")


class Report(models.Model):
    """Answers, words and contact, as they were given. Hangs under exactly one incident."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="reports")
    first_incident = models.ForeignKey(Incident, models.PROTECT, related_name="+")
    idempotency = models.CharField(max_length=64, unique=True)  # SHA-256 of the form's token
    fields_mac = models.CharField(max_length=64)  # tells a retry from other content
    channel = models.CharField(max_length=8, choices=Channel.choices)
    language = models.CharField(max_length=2, default="fr")
    answers = models.JSONField(default=dict)  # {question id: option id, ids, or text}
    text = models.TextField(blank=True)
    contact_name = models.CharField(max_length=120, blank=True)
    contact_phone = models.CharField(max_length=40, blank=True)
    contact_email = models.CharField(max_length=254, blank=True)
    own_domains = models.JSONField(default=list)  # the victim's, never indicators
    filed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["incident", "filed_at"], name="incidents_report_case")]

    def __str__(self) -> str:
        return f"report of {self.filed_at:%Y-%m-%d}"
