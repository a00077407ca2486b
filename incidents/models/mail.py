"""What goes to people outside and what comes in by mail, and which addresses may be used."""

import hashlib
import hmac
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.conversation import Message
from incidents.models.incident import Incident
from incidents.models.report import Report


def address_digest(channel: str, address: str) -> str:
    """Return the keyed hash under which an address is known: nobody is named by it."""
    text = f"address|{channel}|{address.strip().lower()}"
    return hmac.new(settings.CODE_KEY, text.encode(), hashlib.sha256).hexdigest()


class Trust(models.TextChoices):
    """Whether an address may be used."""

    GOOD = "good", _("utilisable")
    COMPROMISED = "compromised", _("compromise")
    DEAD = "dead", _("ne répond plus")


class AddressTrust(models.Model):
    """What is known of one address, whichever case it stands in. No row: nothing against it."""

    digest = models.CharField(max_length=64, primary_key=True)  # address_digest
    trust = models.CharField(max_length=12, choices=Trust.choices)
    why = models.CharField(max_length=16)  # analyst, refused, bounced
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.digest[:8]}: {self.trust}"


class Notice(models.Model):
    """News for one address, from one event. It says that there is news, never what.

    Several that wait for the same address travel in one: the others name it as ``carrier``.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("à envoyer")
        SENT = "sent", _("envoyé")
        WITHHELD = "withheld", _("retenu : adresse à ne pas utiliser")
        PARKED = "parked", _("mis de côté après cinq échecs")
        DROPPED = "dropped", _("abandonné")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(  # None: of no case; its address is forgotten once it is sent
        Incident, models.CASCADE, null=True, related_name="notices"
    )
    user = models.ForeignKey(  # somebody of the desk; None: who gave the address themselves
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+"
    )
    channel = models.CharField(
        max_length=16
    )  # name of a folder of incidents.notifications.channels
    about = models.CharField(max_length=40)  # id of the words in the reference's messages
    address = models.CharField(max_length=254)
    digest = models.CharField(max_length=64)  # address_digest
    language = models.CharField(max_length=2)
    answers = models.CharField(max_length=255, blank=True)  # Message-ID of the mail it answers
    epoch = models.UUIDField()  # of the event, with its number and kind: names the mail
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    carrier = models.ForeignKey("self", models.CASCADE, null=True, related_name="carried")
    tries = models.SmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()  # while it is being sent: when somebody else may take it over
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "digest", "epoch", "seq", "kind"], name="incidents_notice_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="incidents_notice_due",
                condition=models.Q(state="waiting", carrier=None),
            ),
            models.Index(fields=["digest", "state", "sent_at"], name="incidents_notice_address"),
            models.Index(
                fields=["id"], name="incidents_notice_parked", condition=models.Q(state="parked")
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.epoch}.{self.seq}.{self.kind}: {self.state}"

    @property
    def name(self) -> str:
        """What tells it from any other, the same at every try: its mail's Message-ID begins so."""
        return f"{self.epoch}.{self.seq}.{self.kind}"


class IncomingMail(models.Model):
    """One mail of the desk's mailbox, taken in exactly once.

    ``raw`` is the whole mail, until it is kept as evidence; None when it was too large.
    """

    class Outcome(models.TextChoices):
        REPORT = "report", _("un signalement")
        MESSAGE = "message", _("un message")
        BOUNCE = "bounce", _("un avis de non-remise")
        ASIDE = "aside", _("mis de côté")
        AGAIN = "again", _("déjà reçu")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    mailbox = models.CharField(max_length=200)  # user@host/folder
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64)  # SHA-256 of Message-ID, sender, date and body
    name = models.CharField(max_length=255, blank=True)  # its Message-ID
    sender = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)  # of what was set aside: shown to a person who decides
    size = models.BigIntegerField()  # bytes, of the whole mail
    raw = models.BinaryField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    why = models.CharField(max_length=16, blank=True)  # of what was set aside
    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="mails")
    report = models.ForeignKey(Report, models.CASCADE, null=True, related_name="mails")
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="mails")
    received_at = models.DateTimeField()
    acknowledged = models.BooleanField(default=False)  # the mail server was told
    settled_at = models.DateTimeField(null=True)  # a person decided about what was set aside

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "uidvalidity", "uid"], name="incidents_mail_uid_once"
            ),
            models.UniqueConstraint(
                fields=["fingerprint"],
                name="incidents_mail_once",
                condition=~models.Q(outcome="again"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="incidents_mail_aside",
                condition=models.Q(outcome="aside", settled_at=None),
            ),
            models.Index(
                fields=["id"],
                name="incidents_mail_whole",
                condition=models.Q(raw__isnull=False, incident__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"mail {self.uid}: {self.outcome}"
