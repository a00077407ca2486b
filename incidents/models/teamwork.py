"""What analysts leave for each other: versions of notes, drafts, news, who is on duty, hand-overs."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.conversation import Note
from incidents.models.incident import Incident


class NoteVersion(models.Model):
    """One text that a note had, from its first on; the note itself holds the latest."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="versions")
    version = models.BigIntegerField()
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["note", "version"], name="incidents_note_version_once")
        ]

    def __str__(self) -> str:
        return f"version {self.version} of note {self.note_id}"


class TextDraft(models.Model):
    """A text that somebody of the desk has not sent yet. Theirs alone, and not journalled."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="text_drafts")
    field = models.CharField(max_length=64)  # its name on the case page
    text = models.TextField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "incident", "field"], name="incidents_text_draft_once"
            )
        ]
        indexes = [models.Index(fields=["saved_at"], name="incidents_text_draft_old")]

    def __str__(self) -> str:
        return f"draft of {self.saved_at:%Y-%m-%d}"


class News(models.Model):
    """One thing that somebody of the desk should know about one case, from one event.

    It holds no word of the case: what it says is looked up when it is read, if the reader may
    still see the case.
    """

    class About(models.TextChoices):
        """What it is about; the urgent ones may be mailed at once."""

        P1 = "p1", _("Un nouveau P1 est arrivé.")
        UNTAKEN = "untaken", _("Personne n'a encore pris ce P1.")
        CLOCK = "clock", _("Un délai légal se termine bientôt.")
        MENTIONED = "mentioned", _("Vous êtes cité dans une note.")
        ASSIGNED = "assigned", _("Ce dossier vous est confié.")
        WROTE = "wrote", _("La victime a écrit.")
        AGAIN = "again", _("La victime dit que cela recommence : le dossier est rouvert.")
        PARTNER = "partner", _("Un partenaire parle d'un objet diffusé de ce dossier.")
        CHANGED = "changed", _("Un dossier que vous suivez a changé.")
        LESSON_TAKEN = "lesson-taken", _("Votre leçon est dans un playbook publié.")
        LESSON_LEFT = "lesson-left", _("Votre leçon n'est pas retenue pour le playbook.")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="news")
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="news")
    about = models.CharField(max_length=12, choices=About.choices)
    seq = models.BigIntegerField()  # of the event
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "incident", "about", "seq"], name="incidents_news_once"
            )
        ]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="incidents_news_latest"),
            models.Index(
                fields=["user"], name="incidents_news_unread", condition=models.Q(read_at=None)
            ),
            models.Index(fields=["at"], name="incidents_news_old"),
        ]

    def __str__(self) -> str:
        return f"{self.about} of {self.at:%Y-%m-%d}"


URGENT = frozenset({News.About.P1, News.About.UNTAKEN, News.About.CLOCK, News.About.AGAIN})


class Duty(models.Model):
    """Hours in which somebody answers for the desk."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="duties")
    phone = models.CharField(max_length=40, blank=True)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")), name="incidents_duty_forward"
            )
        ]
        indexes = [models.Index(fields=["ends_at", "begins_at"], name="incidents_duty_now")]

    def __str__(self) -> str:
        return f"duty of {self.begins_at:%Y-%m-%d %H:%M}"


class HandOver(models.Model):
    """What who leaves writes for who comes, until the latter has read it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    since = models.DateTimeField()  # the beginning of the shift that ends
    text = models.TextField(blank=True)
    written_at = models.DateTimeField()
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    taken_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-written_at"], name="incidents_handover_latest")]

    def __str__(self) -> str:
        return f"hand-over of {self.written_at:%Y-%m-%d %H:%M}"
