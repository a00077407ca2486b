"""What goes from hand to hand: a draft to another device, first gestures, a code read out."""

from django.db import models

from incidents.models.access import AccessCode, Draft


class DraftKey(models.Model):
    """A way to take a draft to another device: a link's secret or a short code, used once."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="keys")
    digest = models.CharField(max_length=64, unique=True)  # keyed: the code is short
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"key of a draft, until {self.until:%Y-%m-%d %H:%M}"


class ShownGestures(models.Model):
    """The first gestures that a draft's holder was shown; in the journal once it is filed."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="gestures")
    playbook = models.CharField(max_length=40)
    version = models.CharField(max_length=40)  # the playbook's own
    reference = models.CharField(max_length=64)  # SHA-256 of the reference files
    shown_at = models.DateTimeField()
    ticked = models.JSONField(default=dict)  # {number of the gesture, from 1: when it was ticked}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["draft", "playbook", "version"], name="incidents_gestures_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.playbook} {self.version}"


class SpokenCode(models.Model):
    """A tracking code that was read out on the phone: replaced at the victim's first visit."""

    access = models.OneToOneField(
        AccessCode, models.CASCADE, primary_key=True, related_name="spoken"
    )

    def __str__(self) -> str:
        return f"read out: {self.access_id}"
