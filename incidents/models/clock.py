"""What must be done by when: a clock of the law, or a target of the desk. And the texts it asks for."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.evidence import Evidence
from incidents.models.incident import Incident


class Verdict(models.TextChoices):
    """Whether a duty applies. One without a row does not, by all that is known."""

    APPLIES = "applies", _("S'applique")
    UNKNOWN = "unknown", _("À établir")
    NO = "no", _("Ne s'applique pas")


class Clock(models.Model):
    """One act with its time, and what was done about it.

    There is a row for each duty that applies or is to be established, computed again from the case
    after each change of it, and for each target of the desk. ``ends_at`` is None when the law gives
    no time, when it has not begun, or when the duty is not known to apply.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="clocks")
    duty = models.CharField(max_length=40)  # id of a duty; of a target when ``law`` is false
    step = models.CharField(max_length=40, blank=True)  # of a duty that asks for several acts
    law = models.BooleanField(default=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices, default=Verdict.APPLIES)
    running = models.BooleanField(default=False)  # it has an end, is to be done, the case is live
    started_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    own_start_at = models.DateTimeField(null=True)  # said by somebody, with the reason
    own_start_reason = models.TextField(blank=True)
    partial_at = models.DateTimeField(null=True)  # when a part was done, where the law allows it
    met_at = models.DateTimeField(null=True)
    met_how = models.TextField(blank=True)  # the proof, in words
    met_step = models.CharField(max_length=100, blank=True)  # the step of a playbook that met it
    evidence = models.ForeignKey(Evidence, models.SET_NULL, null=True, related_name="+")
    late_reason = models.TextField(blank=True)
    waived_at = models.DateTimeField(null=True)
    waived_why = models.TextField(blank=True)
    done_by = models.ForeignKey(  # who met or waived it; None: a step, or the desk itself
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    warn_at = models.DateTimeField(null=True)  # the next warning: before its end, at it, then none

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "law", "duty", "step"], name="incidents_clock_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["ends_at", "id"],
                name="incidents_clock_running",
                condition=models.Q(running=True),
            ),
            models.Index(
                fields=["warn_at"],
                name="incidents_clock_warn",
                condition=models.Q(running=True, warn_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.duty} {self.step}".strip()

    @property
    def applies(self) -> bool:
        """Whether it is known to apply."""
        return self.verdict == Verdict.APPLIES

    @property
    def touched(self) -> bool:
        """Tell whether somebody did something about it: then it is kept, whatever applies."""
        return any((self.own_start_at, self.partial_at, self.met_at, self.waived_at)) or bool(
            self.late_reason
        )


class LegalText(models.Model):
    """A text of the reference files, completed for a case and kept."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="legal_texts")
    paper = models.CharField(max_length=40)  # id in the reference's papers
    text = models.TextField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "paper"], name="incidents_text_once")
        ]

    def __str__(self) -> str:
        return self.paper
