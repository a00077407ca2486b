"""Who reads: partners, their tokens and people, and the collections that are open to them."""

import uuid

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from csirt.kernel.tlp import Tlp

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
    options = models.JSONField(default=dict)  # {gate of api.stix.case: whether they want it}
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

    def wants(self, gate: str) -> bool:
        """Tell whether they read what stands under an option of a collection; not unless said."""
        return bool(self.options.get(gate))


class PartnerToken(models.Model):
    """A secret of a partner's program, shown once as ``occ_<prefix>_<secret>``."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="tokens")
    prefix = models.CharField(max_length=12, unique=True)  # finds the row, opens nothing
    digest = models.CharField(max_length=64)  # SHA-256 of the 256-bit secret, hexadecimal
    label = models.CharField(max_length=80, blank=True)
    scopes = models.JSONField(default=list)  # taxii:read, taxii:write
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

    Nothing above ``tlp`` enters. Its options say what it may hold, since what is approved is a text
    for collections; a partner's say what of that it reads. ``last_added_at`` is the newest
    ``Share.added_at``; whoever adds holds this row's lock.
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
