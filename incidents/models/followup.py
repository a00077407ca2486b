"""What the victim says and decides after filing: later answers, consents, erasure; and call-backs."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.incident import Incident


class LaterAnswer(models.Model):
    """One question answered after sending. Never changed; the latest to a question counts."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="later_answers")
    question = models.CharField(max_length=40)  # id in the reference's intake
    answer = models.JSONField()
    name = models.CharField(max_length=80, blank=True)  # of the code used; empty: the reporter's
    given_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["incident", "given_at"], name="incidents_later_case")]

    def __str__(self) -> str:
        return f"{self.question} of {self.given_at:%Y-%m-%d}"


class About(models.TextChoices):
    """What a victim may agree to, one by one."""

    SHARING = "sharing", _("Partager des indices anonymes")
    OPERATOR = "operator", _("Mettre le service informatique commun en copie")
    HANDOVER = "handover", _("Transmettre le dossier à un autre service")


class Consent(models.Model):
    """Where one consent stands; each change of it is an event with the version of its text."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="consents")
    about = models.CharField(max_length=8, choices=About.choices)
    given = models.BooleanField()
    text_version = models.CharField(max_length=16)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "about"], name="incidents_consent_once")
        ]

    def __str__(self) -> str:
        return f"{self.about}: {'yes' if self.given else 'no'}"


class ErasureRequest(models.Model):
    """The victim asks that the case be erased: a task for the desk until it is answered."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="erasure_requests")
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    accepted = models.BooleanField(null=True)
    answer = models.TextField(blank=True)  # in words, for the victim

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident"],
                name="incidents_erasure_open_once",
                condition=models.Q(answered_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"erasure asked on {self.asked_at:%Y-%m-%d}"


class CallBack(models.Model):
    """The telephone call by which the desk made sure of a person before giving a new code."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="call_backs")
    number = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    called_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"call of {self.called_at:%Y-%m-%d}"
