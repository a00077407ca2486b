"""What leaves: previews, releases, and the finished texts that a partner's program reads.

``Share`` alone is read from outside: no rule about who may see a case is asked there.
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from api.models.partners import TLP_CHOICES, Collection
from incidents.models import Incident


class Choices(models.Model):
    """What somebody chose for the releases of one case; without a row, everything as it comes."""

    incident = models.OneToOneField(Incident, models.CASCADE, related_name="+")
    techniques = models.JSONField(default=list)  # ids of ATT&CK, in the order they were picked
    note = models.TextField(blank=True)  # the desk's words to partners
    # {uuid of an observable: fields of api.sharing.choosing.Choice}
    values = models.JSONField(default=dict)
    consent = models.TextField(blank=True)  # who of the victim's agreed that a value names it, when
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    version = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return f"choices of {self.incident_id}"


class Preview(models.Model):
    """The exact text that would leave, made by a job for somebody to read and approve."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("en attente")
        READY = "ready", _("prêt")
        FAILED = "failed", _("impossible")

    class Purpose(models.TextChoices):
        RELEASE = "release", _("diffusion")
        REVOCATION = "revocation", _("révocation")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="+")
    collections = models.ManyToManyField(Collection, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, choices=Purpose.choices, default=Purpose.RELEASE)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    error = models.CharField(max_length=300, blank=True)  # a sentence for a person
    bytes = models.TextField(blank=True)  # the bundle
    sha256 = models.CharField(max_length=64, blank=True)  # of its UTF-8
    facts = models.CharField(max_length=64, blank=True)  # SHA-256 of what it was made from
    objects_count = models.IntegerField(default=0)
    held_back = models.JSONField(default=list)  # [{type, value, reason}]
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["incident", "-created_at"], name="api_preview_case")]

    def __str__(self) -> str:
        return f"preview {self.sha256[:12] or self.status}"


class Release(models.Model):
    """Somebody's word that the text of this SHA-256 may leave to these collections."""

    class State(models.TextChoices):
        QUEUED = "queued", _("en cours de publication")
        PUBLISHED = "published", _("publié")
        FAILED = "failed", _("non publié")
        WITHDRAWN = "withdrawn", _("retiré")
        UNDONE = "undone", _("annulé")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="+")
    preview = models.OneToOneField(Preview, models.RESTRICT, related_name="release")
    sha256 = models.CharField(max_length=64)
    tlp = models.CharField(max_length=16, choices=TLP_CHOICES)
    collections = models.ManyToManyField(Collection, related_name="releases")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    error = models.CharField(max_length=300, blank=True)  # a sentence for a person
    ended_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["incident", "-at"], name="api_release_case")]

    def __str__(self) -> str:
        return f"release {self.sha256[:12]}"


class Share(models.Model):
    """One version of one object in one collection: finished text, served as it is.

    Never rewritten: a change of content is a new row. ``version`` is the object's ``modified``,
    else ``created``, else the moment it was added, always ``YYYY-MM-DDTHH:MM:SS.mmmZ``, so that
    text order is the order of time. A row lives as long as a case holds it (``ShareHold``).
    """

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="shares")
    stix_id = models.CharField(max_length=100)
    type = models.CharField(max_length=60)
    version = models.CharField(max_length=24)
    spec_version = models.CharField(max_length=4, default="2.1")
    bytes = models.TextField()  # the exact JSON text
    content = models.CharField(max_length=64)  # SHA-256 of the object without its ``modified``
    added_seq = models.BigIntegerField()  # of the journal's event that released it
    added_at = models.BigIntegerField()  # ms, strictly rising in its collection
    is_latest = models.BooleanField(default=True)
    # the option under which it is in its collection: read by partners that want it
    gate = models.CharField(max_length=12, blank=True, default="", db_default="")
    release = models.ForeignKey(Release, models.CASCADE, related_name="shares")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "stix_id", "version"], name="api_share_version_once"
            ),
            models.UniqueConstraint(fields=["collection", "added_at"], name="api_share_added_once"),
            models.UniqueConstraint(
                fields=["collection", "stix_id"],
                name="api_share_one_latest",
                condition=models.Q(is_latest=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["collection", "added_at"],
                name="api_share_latest",
                condition=models.Q(is_latest=True),
            ),
            # of every version: a client may ask for a type with match[version]=all or first
            models.Index(fields=["collection", "type", "added_at"], name="api_share_type"),
        ]

    def __str__(self) -> str:
        return f"{self.stix_id} of {self.version}"


class ShareHold(models.Model):
    """A case that stands behind a shared row: an address seen in two cases has two.

    The case is named by its key without a foreign key; no address of the API leads here.
    """

    share = models.ForeignKey(Share, models.CASCADE, related_name="holds")
    incident = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "share"], name="api_share_hold_once")
        ]

    def __str__(self) -> str:
        return f"{self.incident} holds {self.share_id}"


class SharedObject(models.Model):
    """The identifier drawn for one thing of a case; random, and the same for ever.

    Without a case: the desk itself. ``content`` and ``modified`` are those last released: the same content keeps its ``modified``.
    """

    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="+")
    key = models.CharField(max_length=120)  # "incident", "indicator:<uuid of the observable>"
    stix_id = models.CharField(max_length=100, unique=True)
    created = models.CharField(max_length=24)  # YYYY-MM-DDTHH:MM:SS.mmmZ
    content = models.CharField(max_length=64, blank=True)
    modified = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "key"], name="api_shared_object_once"),
            models.UniqueConstraint(
                fields=["key"],
                name="api_shared_object_of_the_desk_once",
                condition=models.Q(incident=None),
            ),
        ]

    def __str__(self) -> str:
        return self.stix_id
