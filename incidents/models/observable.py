"""Observables: values seen in a case, and what an analyst says of each."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.domain.observables import shown
from incidents.models.incident import Incident


class ObservableRole(models.TextChoices):
    """Only an indicator may ever be shared."""

    SEEN = "seen", _("relevé")
    INDICATOR = "indicator", _("indicateur")
    VICTIM = "victim", _("appartient à la victime")
    FALSE_POSITIVE = "false-positive", _("faux positif")


class Observable(models.Model):
    """One value of one type in one case; the same value elsewhere is another row."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="observables")
    type = models.CharField(max_length=24)
    value = models.CharField(max_length=2048)
    value_digest = models.CharField(max_length=64)  # SHA-256 of type|value: indexable whole
    as_written = models.CharField(max_length=2048, blank=True)
    role = models.CharField(
        max_length=16, choices=ObservableRole.choices, default=ObservableRole.SEEN
    )
    found_by = models.CharField(max_length=80, default="system")  # actor
    seen_at = models.DateTimeField()
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "value_digest"], name="incidents_observable_once"
            )
        ]
        indexes = [
            models.Index(fields=["value_digest", "seen_at"], name="incidents_observable_value")
        ]

    def __str__(self) -> str:
        return f"{self.type}: {self.value}"

    @property
    def shown(self) -> str:
        """Its value, defanged where it could be taken for an address."""
        return shown(self.type, self.value)
