"""Places and bodies, keyed by INSEE code and SIREN; names and postcodes are shared by many."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from csirt.accounts.models import User
from csirt.directory.words import searchable


class VictimKind(models.TextChoices):
    """The kinds of the intake form (reference/intake.yaml, victim_kinds)."""

    COMMUNE = "commune", _("Mairie")
    EPCI = "epci", _("Intercommunalité ou syndicat")
    ENTREPRISE = "entreprise", _("Entreprise")
    ASSOCIATION = "association", _("Association")
    PARTICULIER = "particulier", _("Particulier")


class PopulationBand(models.TextChoices):
    """How large a body is: inhabitants for a commune or EPCI, people at work otherwise."""

    TINY = "tiny", _("moins de 500 habitants, ou 1 à 9 personnes")
    SMALL = "small", _("500 à 3 499 habitants, ou 10 à 49 personnes")
    MEDIUM = "medium", _("3 500 à 19 999 habitants, ou 50 à 249 personnes")
    LARGE = "large", _("20 000 habitants et plus, ou 250 personnes et plus")
    UNKNOWN = "", _("non renseigné")


class Department(models.Model):
    """One of the 13 departments, by code ("09")."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class Epci(models.Model):
    """An inter-municipal body, by SIREN."""

    siren = models.CharField(max_length=9, primary_key=True)
    name = models.CharField(max_length=160)
    type = models.CharField(max_length=8)
    population = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Commune(models.Model):
    """A commune, by INSEE code. 164 names are shared and a postcode covers up to 36 of them."""

    insee = models.CharField(max_length=5, primary_key=True)
    name = models.CharField(max_length=80)
    department = models.ForeignKey(Department, models.PROTECT, related_name="communes")
    postcodes = models.JSONField(default=list)
    siren = models.CharField(max_length=9, blank=True)
    epci = models.ForeignKey(Epci, models.PROTECT, null=True, related_name="communes")
    population = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} ({self.department_id})"


class FormerCommune(models.Model):
    """A commune that was merged: its old code and name lead to the present one."""

    insee = models.CharField(max_length=5)
    name = models.CharField(max_length=80)
    commune = models.ForeignKey(Commune, models.CASCADE, related_name="former")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["insee", "name"], name="directory_former_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.insee})"


class Operator(models.Model):
    """A mutualised IT service (syndicate, EPCI, departmental agency) that serves many bodies."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=160, unique=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    people: models.ManyToManyField[User, "OperatorMember"] = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="OperatorMember", related_name="operators"
    )
    version = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class OperatorMember(models.Model):
    """Somebody who works for an operator."""

    operator = models.ForeignKey(Operator, models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "user"], name="directory_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.operator_id}"


class Organisation(models.Model):
    """A body that may be a victim: a town hall, an EPCI, a business, an association."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=VictimKind.choices)
    siren = models.CharField(max_length=9, blank=True)
    siret = models.CharField(max_length=14, blank=True)
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, related_name="organisations")
    population_band = models.CharField(max_length=8, choices=PopulationBand.choices, blank=True)
    own_domains = models.JSONField(default=list)  # lower-case names; sub-domains count too
    own_addresses = models.JSONField(default=list)  # IP addresses and networks
    it_provider = models.CharField(max_length=200, blank=True)
    traits = models.JSONField(default=list)  # ids of the vocabulary's traits
    search = models.CharField(max_length=600, default="", editable=False)  # its name and domains
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["siren"], name="directory_org_siren"),
            models.Index(fields=["siret"], name="directory_org_siret"),
            models.Index(fields=["name"], name="directory_org_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the words by which it is found with what they are made of."""
        self.search = searchable(self.name, self.own_domains)
        super().save(*args, **kwargs)


class OperatorAgreement(models.Model):
    """A body's agreement that its operator sees its cases and kits; it ends when ``ended_at`` is set."""

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="agreements")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="agreements")
    agreed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "organisation"],
                condition=models.Q(ended_at=None),
                name="directory_agreed_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} by {self.operator_id}"


class Contact(models.Model):
    """Somebody to reach at an organisation. A channel may be dead or in the attacker's hands."""

    class Trust(models.TextChoices):
        GOOD = "good", _("utilisable")
        COMPROMISED = "compromised", _("compromis")
        DEAD = "dead", _("ne répond plus")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    phone_trust = models.CharField(max_length=12, choices=Trust.choices, default=Trust.GOOD)
    email_trust = models.CharField(max_length=12, choices=Trust.choices, default=Trust.GOOD)
    version = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return self.name or self.email or self.phone


class DeskSetting(models.Model):
    """One version of one thing that admins set; the last one of a name is in force."""

    name = models.CharField(max_length=80)  # see csirt.directory.desk.sorts
    number = models.IntegerField()  # from 1; 0 is what the product comes with
    value = models.JSONField()
    current = models.BooleanField(default=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="directory_setting_once"),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(current=True),
                name="directory_setting_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class ReferenceVersion(models.Model):
    """One state of the reference files; a case keeps the one it began with."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    texts = models.JSONField()  # {file name: text}
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256[:12]
