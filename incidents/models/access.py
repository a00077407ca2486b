"""Who may reach a case: tracking codes, named people of a restricted case, unsent drafts."""

from django.conf import settings
from django.db import models

from incidents.models.incident import Incident


class AccessCode(models.Model):
    """A tracking code of an incident; only its keyed hash is kept.

    One with a ``name`` was made by the victim for somebody else: it reads and writes, and decides
    nothing.
    """

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="codes")
    uuid = models.UUIDField(null=True, unique=True, editable=False)  # of one made for somebody
    digest = models.CharField(max_length=64, unique=True)  # HMAC-SHA256(pepper, code)
    pepper = models.SmallIntegerField()  # number of the pepper
    name = models.CharField(max_length=80, blank=True, default="", db_default="")  # empty: reporter
    issued_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)  # its last visit
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"code of {self.issued_at:%Y-%m-%d}"


class IncidentAccess(models.Model):
    """Somebody named on a restricted case."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="access")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "user"], name="incidents_access_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.incident_id}"


class Draft(models.Model):
    """Answers not sent yet, kept on the server for the device that holds the secret.

    Seen by nobody at the desk and not journalled; deleted when sent or at ``expires_at``.
    """

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the cookie's secret
    token = models.CharField(max_length=32)  # the form's token: one draft, one report
    answers = models.JSONField(default=dict)
    language = models.CharField(max_length=2, default="fr")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"draft of {self.created_at:%Y-%m-%d}"
