"""Users, known by their e-mail address, the links that invite them, their sessions and failures."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

from csirt.accounts.roles import Role
from csirt.kernel.errors import Conflict, NotFound


class Density(models.TextChoices):
    """How close the console's rows stand."""

    COMFORTABLE = "comfortable", _("Confortable")
    COMPACT = "compact", _("Compact")


class UserManager(BaseUserManager["User"]):
    """Makes users; the services of ``csirt.accounts`` journal it."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Return a saved user; *email* is kept in lower case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class MailChoice(models.TextChoices):
    """When news of one's cases come by mail too."""

    NONE = "none", _("Jamais")
    DAILY = "daily", _("Une fois par jour, s'il y a du nouveau")
    URGENT = "urgent", _("Tout de suite pour ce qui presse, le reste une fois par jour")


class Language(models.TextChoices):
    """What somebody of the desk reads, in the console and by mail."""

    FRENCH = "fr", _("Français")
    ENGLISH = "en", _("English")


class User(AbstractBaseUser):
    """Somebody with an account. Never deleted: the journal names them by ``uuid``."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(max_length=254, unique=True)  # always in lower case
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.READER)
    is_active = models.BooleanField(default=True)
    keys_enabled = models.BooleanField(default=True)  # single-letter shortcuts (WCAG 2.1.4)
    sound_enabled = models.BooleanField(default=True, db_default=True)  # of a new P1
    mail = models.CharField(
        max_length=8, choices=MailChoice.choices, default=MailChoice.DAILY, db_default="daily"
    )
    density = models.CharField(
        max_length=12,
        choices=Density.choices,
        default=Density.COMFORTABLE,
        db_default=Density.COMFORTABLE.value,
    )
    language = models.CharField(
        max_length=2, choices=Language.choices, blank=True, default="", db_default=""
    )  # empty: not chosen
    version = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    is_staff = False
    is_superuser = False

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the address in one form, so that it is unique whatever its letters' case."""
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    @property
    def actor(self) -> str:
        """How the journal names this person."""
        return f"user:{self.uuid}"

    @classmethod
    def locked(cls, user: UUID, *, version: int | None = None) -> "User":
        """Return the row, locked until the change ends.

        Raises ``NotFound``, or ``Conflict`` if somebody changed it since *version*.
        """
        row = cls.objects.select_for_update(no_key=True).filter(uuid=user).first()
        if row is None:
            raise NotFound
        if version is not None and row.version != version:
            raise Conflict("Quelqu'un vient de modifier ce compte. Relisez-le, puis recommencez.")
        return row

    def store(self) -> None:
        """Save the changed row under its next version."""
        self.version += 1
        self.save()


class Invitation(models.Model):
    """A link sent to somebody: used once, within 24 hours, worth the role it was made with.

    With a ``user`` it lets that person choose a new password; without one, it makes an account.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    role = models.CharField(max_length=16, choices=Role.choices)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the link's 256-bit secret
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"


class Session(AbstractBaseSession):
    """A session that knows whose it is; ``csirt.accounts.sessions`` reads and writes it."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    began_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    agent = models.CharField(max_length=40, blank=True, db_default="")  # browser and system
    address = models.CharField(max_length=64, blank=True, db_default="")  # of the network

    @property
    def name(self) -> str:
        """How the journal and the pages name it: a digest that opens nothing."""
        from csirt.accounts.sessions import name_of

        return name_of(self.session_key)

    @classmethod
    def get_session_store_class(cls) -> Any:
        from csirt.accounts.sessions import SessionStore

        return SessionStore


class Device(models.Model):
    """A browser in which somebody has logged in; it opens nothing (``csirt.accounts.devices``)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="devices")
    digest = models.CharField(max_length=32)  # of what the browser's cookie holds
    agent = models.CharField(max_length=40, blank=True)  # browser and system
    began_at = models.DateTimeField()
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="accounts_device_once")
        ]

    def __str__(self) -> str:
        return self.agent


class PersonalToken(models.Model):
    """A secret of a program that speaks for somebody, shown once (``csirt.accounts.tokens``)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    prefix = models.CharField(max_length=12, unique=True)  # finds the row, opens nothing
    digest = models.CharField(max_length=64)  # SHA-256 of the 256-bit secret, hexadecimal
    label = models.CharField(max_length=80)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)  # to the minute

    def __str__(self) -> str:
        return self.prefix


class FactorReset(models.Model):
    """That an admin asked for somebody's second factor to be forgotten; another one confirms it."""

    user = models.OneToOneField(User, models.CASCADE, related_name="factor_reset")
    asked_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user}, asked by {self.asked_by}"


class FailedAttempt(models.Model):
    """Wrong passwords and wrong codes, counted by minute: a record, and what slows the next one.

    ``account`` is a keyed digest of the address that was typed (people type passwords there too).
    ``source`` is a network address, or a device where that account has logged in before.
    """

    class Secret(models.TextChoices):
        PASSWORD = "password"  # noqa: S105 - the name of what was wrong
        CODE = "code"
        TOKEN = "token"  # noqa: S105 - the name of what was wrong

    minute = models.DateTimeField()
    account = models.CharField(max_length=64)
    source = models.CharField(max_length=64)
    known = models.BooleanField(default=False)  # the source is a known device
    secret = models.CharField(max_length=8, choices=Secret.choices)
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "minute", "source", "secret"], name="accounts_attempt_once"
            )
        ]
        indexes = [models.Index(fields=["minute", "source"], name="accounts_attempt_source")]

    def __str__(self) -> str:
        return f"{self.count} × {self.secret} at {self.minute:%Y-%m-%d %H:%M}"
