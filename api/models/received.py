"""What partners send back, and how much they read."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from api.models.partners import TLP_CHOICES, Collection, Partner, PartnerToken
from csirt.kernel.tlp import Tlp
from incidents.models import Incident


class Push(models.Model):
    """An object that a partner sent to its inbox: kept apart, by source, until somebody decides."""

    class Status(models.TextChoices):
        UNCHECKED = "unchecked", _("en cours de vérification")
        QUARANTINED = "quarantined", _("à examiner")
        ACCEPTED = "accepted", _("accepté")
        REFUSED = "refused", _("refusé")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="pushes")
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="pushes")
    stix_id = models.CharField(max_length=100)
    type = models.CharField(max_length=60)
    version = models.CharField(max_length=32)  # as Share.version; microseconds when sent with them
    spec_version = models.CharField(max_length=4, default="2.1")
    bytes = models.TextField()
    added_at = models.BigIntegerField()  # ms, strictly rising in its collection
    is_latest = models.BooleanField(default=True)
    received_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.UNCHECKED)
    tlp = models.CharField(max_length=16, choices=TLP_CHOICES, default=Tlp.AMBER.value)
    post = models.ForeignKey("Status", models.SET_NULL, null=True, related_name="pushes")
    # the case it is about (a sighting of our indicator), then the one it was accepted into
    incident = models.ForeignKey(Incident, models.SET_NULL, null=True, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)  # why it was refused

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "stix_id", "version"], name="api_push_version_once"
            ),
            models.UniqueConstraint(fields=["collection", "added_at"], name="api_push_added_once"),
        ]
        indexes = [models.Index(fields=["status", "received_at"], name="api_push_quarantine")]

    def __str__(self) -> str:
        return f"{self.stix_id} from {self.partner_id}"


class Status(models.Model):
    """What became of one POST; kept 24 hours after its end."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="+")
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="+")
    status = models.CharField(max_length=8, default="pending")  # or complete
    requested_at = models.DateTimeField()
    total_count = models.IntegerField(default=0)
    successes = models.JSONField(default=list)  # [{id, version, message}]
    failures = models.JSONField(default=list)
    pendings = models.JSONField(default=list)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.status} {self.uuid}"


class Pull(models.Model):
    """How often a token read a collection in one minute; written off the request."""

    token = models.ForeignKey(PartnerToken, models.CASCADE, related_name="pulls")
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="pulls")
    minute = models.DateTimeField()
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["token", "collection", "minute"], name="api_pull_once_a_minute"
            )
        ]
        indexes = [models.Index(fields=["collection", "minute"], name="api_pull_collection")]

    def __str__(self) -> str:
        return f"{self.token_id} at {self.minute:%Y-%m-%d %H:%M}"
