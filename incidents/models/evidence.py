"""Files that victims sent, and the links by which somebody of the desk fetches one."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.incident import Incident


class Scan(models.TextChoices):
    """What the antivirus said. Not scanned is an outcome like the two others."""

    WAITING = "waiting", _("analyse en attente")
    CLEAN = "clean", _("rien trouvé")
    INFECTED = "infected", _("infecté")
    UNSCANNED = "unscanned", _("non analysé")


class Evidence(models.Model):
    """One file as it was sent: its bytes are sealed in the store, its hash is of the bytes sent."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="evidence")
    idempotency = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=255, blank=True)  # as it was sent, cleaned
    stored = models.CharField(max_length=80, unique=True)  # random, says nothing
    size = models.BigIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=80)  # the actor who sent it
    received_at = models.DateTimeField()
    scan = models.CharField(max_length=12, choices=Scan.choices, default=Scan.WAITING)
    found = models.CharField(max_length=100, blank=True)  # what the antivirus calls it
    scanned_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["received_at"],
                name="incidents_evidence_scan",
                condition=models.Q(scan="waiting"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.size} bytes of {self.received_at:%Y-%m-%d}"


class Link(models.Model):
    """A link used once. The key that opens the copy made for it is in the link.

    The worker makes the copy; then the link lives a little.
    """

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the link's secret
    recipient = models.CharField(max_length=80)  # for whom the copy is sealed
    copy = models.CharField(max_length=80, blank=True)  # its name in the store, once made
    asked_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False)
    used_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"link of {self.asked_at:%Y-%m-%d}"


class Download(Link):
    """A link to one file for one person."""

    evidence = models.ForeignKey(Evidence, models.CASCADE, related_name="downloads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")


class Pack(Link):
    """A link to the complaint pack of a case, drawn when it is asked for and kept nowhere else."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="packs")
    user = models.ForeignKey(  # None: the victim
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+"
    )
    size = models.BigIntegerField(default=0)  # bytes
    sha256 = models.CharField(max_length=64, blank=True)
