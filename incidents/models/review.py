"""After a case: what the desk learnt of it, what is left to do, and what its victim is asked later."""

import uuid

from django.conf import settings
from django.db import models

from csirt.directory.models import ReferenceVersion
from incidents.models.conversation import Message
from incidents.models.incident import Incident


class Review(models.Model):
    """What is learnt of one case. Words of the desk; they go when the case is erased."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.OneToOneField(Incident, models.CASCADE, related_name="review")
    cause = models.CharField(max_length=40, blank=True)  # id in the reference's causes
    cause_words = models.TextField(blank=True)
    worked = models.TextField(blank=True)
    failed = models.TextField(blank=True)
    hours = models.DecimalField(max_digits=7, decimal_places=1, null=True)  # spent by everybody
    euros = models.PositiveIntegerField(null=True)
    kept = models.JSONField(default=list)  # lines of the timeline for the printed sheet, by key
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    version = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return f"review of {self.incident_id}"


class ReviewAction(models.Model):
    """One thing to do after a case: what, who, until when."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="review_actions")
    text = models.CharField(max_length=300)
    owner = models.CharField(max_length=120)  # somebody of the body, or of the desk
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index(
                fields=["due_on"],
                name="incidents_review_to_do",
                condition=models.Q(done_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"action until {self.due_on}"


class FollowUp(models.Model):
    """Questions that the victim was sent so many *days* after the case was closed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="follow_ups")
    days = models.PositiveSmallIntegerField()
    closed_at = models.DateTimeField()  # from which the days are counted
    reference_version = models.ForeignKey(ReferenceVersion, models.PROTECT, related_name="+")
    message = models.OneToOneField(Message, models.CASCADE, related_name="+")
    sent_at = models.DateTimeField()
    answers = models.JSONField(default=dict)  # {id of the question: id of the answer}
    answered_at = models.DateTimeField(null=True)
    bad = models.BooleanField(default=False)  # it said that the case goes on

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "closed_at", "days"], name="incidents_follow_up_once"
            )
        ]

    def __str__(self) -> str:
        return f"follow-up after {self.days} days"
