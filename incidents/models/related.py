"""What is alike between cases: found by the desk itself, made again from the cases at any time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.incident import Incident
from incidents.models.report import Report


class Reason(models.TextChoices):
    """Why two cases are said to be related, the strongest reason first."""

    OBSERVABLE = "observable", _("même observable")
    TEXT = "text", _("texte semblable")
    ORGANISATION = "organisation", _("même organisation")
    PLACE = "place", _("même commune et même catégorie")


class TextBand(models.Model):
    """One band of the signature of a report's text: reports that share one may be alike.

    ``incidents.domain.similarity`` makes them; a text that is too short to be compared has none.
    """

    report = models.ForeignKey(Report, models.CASCADE, related_name="bands")
    band = models.BigIntegerField()  # a hash: says nothing of the words

    class Meta:
        indexes = [models.Index(fields=["band", "report"], name="incidents_text_band")]

    def __str__(self) -> str:
        return f"band {self.band} of {self.report_id}"


class Relation(models.Model):
    """One reason for which ``other`` is related to ``incident``; its mirror image is a row too.

    It is no event: it follows from what the journal already tells, and an event on a case that
    another one is like would tell of that other, which a reader may not see.
    """

    incident = models.ForeignKey(
        Incident, models.CASCADE, related_name="relations", db_index=False
    )  # the constraint's index begins with it
    other = models.ForeignKey(Incident, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    score = models.PositiveSmallIntegerField(default=0)  # text: per cent; observable: how many
    shared = models.JSONField(default=list)  # value_digest of some observables that both have
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "other", "reason"], name="incidents_relation_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(incident=models.F("other")), name="incidents_relation_of_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} and {self.other_id}: {self.reason}"
