"""Sharing: partners, their tokens, collections, what was released, and what partners send back.

What a partner's program reads is ``Share`` alone: finished text, with no rule about who may see a
case. Whole-millisecond moments (``*_at`` as ``BigIntegerField``) count from 1970 in UTC, so that
both engines compare them the same way and TAXII can page on them.
"""

import uuid

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from csirt.kernel.tlp import Tlp
from incidents.models import Incident

TLP_CHOICES = [(tlp.value, tlp.label) for tlp in Tlp]
STIX = "application/stix+json;version=2.1"


def stix_media_types() -> list[str]:
    """What a collection of ours holds."""
    return [STIX]


class Partner(models.Model):
    """An organisation that pulls what was released, or sends what it saw."""

    class Kind(models.TextChoices):
        CSIRT = "csirt", _("CSIRT ou CERT")
        AUTHORITY = "authority", _("Autorité ou service de l'État")
        OPERATOR = "operator", _("Service informatique mutualisé")
        COMPANY = "company", _("Entreprise de sécurité")
        OTHER = "other", _("Autre")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    identifier = models.CharField(
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"\A[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")],
    )  # the user name of Basic
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.OTHER)
    active = models.BooleanField(default=True)
    options = models.JSONField(default=dict)  # what this partner wants in its STIX
    contacts = models.TextField(blank=True)  # whom to call or write to, as the desk noted it
    terms = models.CharField(max_length=10, blank=True)  # version of the terms they accepted
    terms_at = models.DateTimeField(null=True)
    terms_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    version = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class PartnerToken(models.Model):
    """A secret of a partner's program, shown once as ``occ_<prefix>_<secret>``."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="tokens")
    prefix = models.CharField(max_length=12, unique=True)  # finds the row, opens nothing
    digest = models.CharField(max_length=64)  # SHA-256 of the 256-bit secret, hexadecimal
    label = models.CharField(max_length=80, blank=True)
    scopes = models.JSONField(default=list)  # taxii:read, taxii:write, api:read
    addresses = models.JSONField(default=list)  # networks it may come from; any when empty
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)  # to the minute, written off the request

    def __str__(self) -> str:
        return self.prefix


class PartnerPerson(models.Model):
    """Somebody with an account (role partner) who sees this partner's own page."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="partnerships")
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="people")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "partner"], name="api_partner_person_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.partner_id}"


class Collection(models.Model):
    """A named set of objects with its readers. ``uuid`` is its public id in TAXII.

    Nothing above ``tlp`` enters. The options are a collection's and not a partner's: what is
    approved is a text for collections, and a partner that wants more has one made for it. ``last_added_at`` is the newest ``Share.added_at``; whoever adds
    holds this row's lock.
    """

    class Audience(models.TextChoices):
        CLEAR = "clear", _("tout le monde")
        GREEN = "green", _("la communauté")
        NAMED = "named", _("des partenaires nommés")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    alias = models.CharField(
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"\A[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")],
    )
    title = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    tlp = models.CharField(max_length=16, choices=TLP_CHOICES)
    audience = models.CharField(max_length=8, choices=Audience.choices)
    media_types = models.JSONField(default=stix_media_types)
    playbooks = models.BooleanField(default=False, db_default=False)  # holds followed playbooks
    details = models.BooleanField(default=False, db_default=False)  # holds event, impact and task
    last_added_at = models.BigIntegerField(default=0)  # ms
    inbox_of = models.OneToOneField(
        Partner, models.CASCADE, null=True, blank=True, related_name="inbox"
    )
    created_at = models.DateTimeField()
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(tlp=Tlp.RED.value), name="api_collection_never_red"
            )
        ]

    def __str__(self) -> str:
        return self.title


class CollectionAccess(models.Model):
    """What one partner may do with one collection. No row: it does not exist for them."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="access")
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="access")
    can_read = models.BooleanField(default=True)
    can_write = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "partner"], name="api_collection_access_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} in {self.collection_id}"


class Choices(models.Model):
    """What somebody chose for the releases of one case; without a row, everything as it comes."""

    incident = models.OneToOneField(Incident, models.CASCADE, related_name="+")
    techniques = models.JSONField(default=list)  # ids of ATT&CK, in the order they were picked
    note = models.TextField(blank=True)  # the desk's words to partners
    # {uuid of an observable: {"leaves": bool, "confidence": 0-100, "days": n or None, "technique": id}}
    values = models.JSONField(default=dict)
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
