"""The journal's tables. Only ``csirt.journal`` writes to them."""

import uuid

from django.db import models

from csirt.kernel import chain
from csirt.kernel.clock import stamp


class Head(models.Model):
    """One row, locked by each writer: locked order is commit order, without gaps."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField(default=uuid.uuid4)
    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32, default=chain.START)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="journal_one_head")]

    def __str__(self) -> str:
        return f"head at {self.seq}"


class Event(models.Model):
    """One change. No foreign keys; never updated, never deleted (triggers refuse both)."""

    seq = models.BigIntegerField(primary_key=True)
    epoch = models.UUIDField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=64)
    schema = models.SmallIntegerField(default=1)
    actor = models.CharField(max_length=80)
    incident = models.BigIntegerField(null=True)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    version = models.BigIntegerField(null=True)
    audience = models.CharField(max_length=16)
    data = models.JSONField(default=dict)
    prev = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["incident", "seq"], name="journal_event_incident"),
            models.Index(fields=["object_type", "object_id", "seq"], name="journal_event_object"),
            models.Index(fields=["kind", "seq"], name="journal_event_kind"),
            models.Index(fields=["actor", "seq"], name="journal_event_actor"),
            models.Index(fields=["at"], name="journal_event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"

    def payload(self) -> dict[str, object]:
        """Return what the hash covers, beside epoch, seq and prev."""
        return {
            "at": stamp(self.at),
            "kind": self.kind,
            "schema": self.schema,
            "actor": self.actor,
            "incident": self.incident,
            "object": [self.object_type, self.object_id],
            "version": self.version,
            "audience": self.audience,
            "data": self.data,
        }


class Consumer(models.Model):
    """How far one reader of the journal has come; ``failures`` counts tries of the next event."""

    name = models.CharField(max_length=40, primary_key=True)
    seq = models.BigIntegerField(default=0)
    failures = models.SmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.seq}"


class Parked(models.Model):
    """An event that a consumer failed five times; an alarm until somebody looks."""

    consumer = models.CharField(max_length=40)
    seq = models.BigIntegerField()
    error = models.CharField(max_length=200)
    at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consumer", "seq"], name="journal_parked_once")
        ]

    def __str__(self) -> str:
        return f"{self.consumer} failed at {self.seq}"


class Checkpoint(models.Model):
    """A signed statement of where the chain stood; its copy in a file leaves the host."""

    epoch = models.UUIDField()
    seq = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    count = models.BigIntegerField()
    at = models.DateTimeField()
    signature = models.BinaryField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["epoch", "seq"], name="journal_checkpoint_once")
        ]

    def __str__(self) -> str:
        return f"checkpoint at {self.seq}"
