"""Rows of an exercise: the one play of this database, what reaches the desk, what was said after."""

import hashlib
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from csirt.directory.models import Organisation, ReferenceVersion
from csirt.kernel.clock import Pace
from incidents.models import Incident


class Play(models.Model):
    """The exercise that this database was made for. Its row is the mark: a real desk refuses it.

    At the moment ``real_at`` of the world its clock showed ``shown_at``, and it goes ``speed`` times
    as fast while the play is running, else not at all.
    """

    class State(models.TextChoices):
        READY = "ready", _("prêt")
        RUNNING = "running", _("en cours")
        PAUSED = "paused", _("en pause")
        ENDED = "ended", _("terminé")

    id = models.SmallIntegerField(primary_key=True, default=1)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scenario = models.SlugField(max_length=60)  # id of an exercise of the reference
    reference_version = models.ForeignKey(ReferenceVersion, models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    starts_at = models.DateTimeField()  # of the scenario, by the exercise's clock
    real_at = models.DateTimeField()
    shown_at = models.DateTimeField()
    speed = models.FloatField(default=1.0)
    ended_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="exercises_one_play")]

    def __str__(self) -> str:
        return f"{self.scenario}: {self.state}"

    @property
    def pace(self) -> Pace:
        """How its clock goes."""
        moves = self.state == self.State.RUNNING
        return Pace(self.real_at, self.shown_at, self.speed if moves else 0.0)


class Channel(models.TextChoices):
    """How an inject reaches the desk; the values are the scenario files' own."""

    PHONE = "telephone", _("téléphone")
    FORM = "formulaire", _("formulaire")
    MAIL = "courriel", _("courriel")
    SYSTEM = "systeme", _("fait extérieur")


class Delivery(models.Model):
    """One inject, of the scenario or free: delivered once, or skipped.

    What it became stands in ``incident``: a call and an outside fact become nothing by themselves,
    somebody picks them up (``taken_at``).
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("à venir")
        DELIVERED = "delivered", _("livré")
        SKIPPED = "skipped", _("sauté")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    inject = models.SlugField(max_length=60, unique=True)
    free = models.BooleanField(default=False)
    due_at = models.DateTimeField()
    channel = models.CharField(max_length=10, choices=Channel.choices)
    org = models.CharField(max_length=60)  # id of the scenario's organisation
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    sender = models.CharField(max_length=200)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    settled_at = models.DateTimeField(null=True)  # delivered or skipped
    settled_by = models.ForeignKey(  # None: its time had come
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["due_at", "id"]

    def __str__(self) -> str:
        return f"{self.inject}: {self.state}"

    @property
    def is_picked_up(self) -> bool:
        """Tell whether somebody must pick it up: it fills no form and sends no mail."""
        return self.channel in {Channel.PHONE, Channel.SYSTEM}


class Ruling(models.Model):
    """What a person said of one expected act that the database cannot tell, or tells wrongly."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="rulings")
    number = models.PositiveSmallIntegerField()  # of the act among those that the inject expects
    met = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="exercises_ruling_once")
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number}: {self.met}"


class Said(models.Model):
    """What was said about one question of the debrief; the last one asks for the rest."""

    number = models.PositiveSmallIntegerField(unique=True)
    text = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"answer {self.number}"

    @property
    def digest(self) -> str:
        """Tell one text from another; the form carries what its reader saw."""
        return hashlib.sha256(self.text.encode()).hexdigest() if self.text else ""
